-- What a payment costs, once more: less to check and to look up.
--
-- What never changes of a row is checked when the row is made, not with each change of it: PostgreSQL reads and
-- works through all checks of a table for each row that it writes, whatever was changed. That it never
-- changes is refused for all rows of a statement at once, which costs a statement that leaves it alone nothing.

-- All at once, before any of them is touched: whoever is at work with one of them and goes on to change it
-- would wait for this, and this for him.
lock table spillway.orders, spillway.wallet_accounts, spillway.wallet_lots;

-- MARK: Checks

-- Refuses a new row that is not what the trigger that calls this is named after.
create function spillway.refuse_row() returns trigger language plpgsql as $$
begin
  raise exception 'a row of % is not as its % are to be', tg_table_name, tg_argv[0]
    using errcode = 'check_violation';
end;
$$;

-- Refuses a statement that names columns which never change.
create function spillway.refuse_columns() returns trigger language plpgsql as $$
begin
  raise exception 'the % of a row of % never change', tg_argv[0], tg_table_name
    using errcode = 'integrity_constraint_violation';
end;
$$;

create trigger orders_lines before insert on spillway.orders for each row
  when (not (cardinality(new.quantities) = cardinality(new.skus)
    and cardinality(new.unit_prices) = cardinality(new.skus)
    and 0 < all (new.quantities) and 0 <= all (new.unit_prices)
    and octet_length(new.terms) between 1 and 240))
  execute function spillway.refuse_row('lines');
create trigger orders_lines_stay before update of skus, quantities, unit_prices, terms on spillway.orders
  for each statement execute function spillway.refuse_columns('lines');
alter table spillway.orders
  drop constraint orders_lines,
  drop constraint orders_terms_check,
  drop constraint orders_status,
  -- What it refused before (0041), in fewer words.
  add constraint orders_status check (
    (status = 'CANCELLED') = (cancelled_at is not null)
    and (paid_at is not null or status in ('PENDING', 'CANCELLED'))
    and status = any ('{PENDING,PAID,FULFILLED,CANCELLED,REFUNDED}'));

-- 63 is the highest shard of spillway.wallet_shards().
create trigger wallet_accounts_names before insert on spillway.wallet_accounts for each row
  when (not (new.unit ~ '^([A-Z]{3}|POINT|credit:[a-z0-9._-]{1,40})$'
    and new.shard between 0 and case new.role when 'user' then 0 else 63 end
    and case when new.role in ('user', 'merchant') then new.owner <> ''
      else new.owner = '' and new.role in ('funding', 'revenue', 'expiry', 'adjustment') end))
  execute function spillway.refuse_row('names');
create trigger wallet_accounts_names_stay before update of role, owner, unit, shard
  on spillway.wallet_accounts
  for each statement execute function spillway.refuse_columns('names');
alter table spillway.wallet_accounts
  drop constraint wallet_accounts_unit_check,
  drop constraint wallet_accounts_role,
  drop constraint wallet_accounts_cover,
  -- The number is spillway.wallet_ceiling().
  add constraint wallet_accounts_cover check (
    held >= 0 and (role <> 'user' or balance between held and 4611686018427387904));

alter table spillway.wallet_lots
  drop constraint wallet_lots_amount_check,
  drop constraint wallet_lots_check,
  add constraint wallet_lots_amounts check (amount > 0 and remaining between 0 and amount);

-- MARK: Wallets

-- A wallet is found by its owner first: most steps on the way down the index compare nothing else.
alter table spillway.wallet_accounts
  drop constraint wallet_accounts_tenant_id_owner_unit_role_shard_key,
  add constraint wallet_accounts_of_owner unique (owner, tenant_id, unit, role, shard);
