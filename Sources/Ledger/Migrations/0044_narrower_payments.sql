-- Rows that a payment no longer writes: one for a draw on a single lot, which its payment tells itself, and a
-- wide one of a list, which is narrow now.

-- Nobody lists an order while the lists are copied.
lock table spillway.orders, spillway.orders_by_status, spillway.payments, spillway.wallet_allocations;

-- MARK: Lists

-- Tenants by numbers, for rows that are many and narrow.
alter table spillway.tenants
  add column number integer generated always as identity,
  add constraint tenants_number unique (number);

-- Orders that are not pending, for those who look for a status: its first letter, which differ. Columns of
-- fixed width, so that a step on the way down the index compares numbers.
create table spillway.listed_orders (
  tenant_number integer not null,
  status "char" not null check (status in ('P', 'F', 'C', 'R')),
  order_id uuid not null,
  primary key (tenant_number, status, order_id)
);
insert into spillway.listed_orders (tenant_number, status, order_id)
select t.number, left(l.status, 1)::"char", l.order_id
  from spillway.orders_by_status l join spillway.tenants t using (tenant_id)
 order by 1, 2, 3;
drop table spillway.orders_by_status;

-- The lists in words, for who looks at all of them or knows them by this name.
create view spillway.orders_by_status as
select t.tenant_id, 'PAID'::text collate "C" as status, l.order_id
  from spillway.listed_orders l join spillway.tenants t on t.number = l.tenant_number
 where l.status = 'P'
union all
select t.tenant_id, 'FULFILLED'::text collate "C", l.order_id
  from spillway.listed_orders l join spillway.tenants t on t.number = l.tenant_number
 where l.status = 'F'
union all
select t.tenant_id, 'CANCELLED'::text collate "C", l.order_id
  from spillway.listed_orders l join spillway.tenants t on t.number = l.tenant_number
 where l.status = 'C'
union all
select t.tenant_id, 'REFUNDED'::text collate "C", l.order_id
  from spillway.listed_orders l join spillway.tenants t on t.number = l.tenant_number
 where l.status = 'R';

-- A call that began before this was committed goes on with the words of the list as it was.
create function spillway.list_in_words() returns trigger language plpgsql as $$
declare
  home constant integer := (
    select number from spillway.tenants where tenant_id = coalesce(new.tenant_id, old.tenant_id));
begin
  if tg_op = 'DELETE' then
    delete from spillway.listed_orders
     where tenant_number = home and status = left(old.status, 1)::"char" and order_id = old.order_id;
    return old;
  end if;
  insert into spillway.listed_orders (tenant_number, status, order_id)
  values (home, left(new.status, 1)::"char", new.order_id);
  return new;
end;
$$;
create trigger orders_by_status_words instead of insert or delete on spillway.orders_by_status
  for each row execute function spillway.list_in_words();

-- A payment lists its orders itself, a set at once: it has no time to lose.
create or replace function spillway.list_order() returns trigger language plpgsql as $$
declare
  home constant integer := (select number from spillway.tenants where tenant_id = new.tenant_id);
begin
  if old.status <> 'PENDING' then
    delete from spillway.listed_orders
     where tenant_number = home and status = left(old.status, 1)::"char" and order_id = old.order_id;
  end if;
  insert into spillway.listed_orders (tenant_number, status, order_id)
  values (home, left(new.status, 1)::"char", new.order_id);
  return null;
end;
$$;

-- MARK: Draws

-- What was drawn on lots, but for what a payment took from a single one.
alter table spillway.wallet_allocations rename to wallet_draws;
alter table spillway.wallet_draws rename constraint wallet_allocations_pkey to wallet_draws_pkey;
alter table spillway.wallet_draws
  rename constraint wallet_allocations_amount_check to wallet_draws_amount_check;
alter trigger wallet_allocations_stay on spillway.wallet_draws rename to wallet_draws_stay;
alter trigger wallet_allocations_stay_all on spillway.wallet_draws rename to wallet_draws_stay_all;

-- Of the wallet, and of its lot where all that was paid came from one; all three, or none.
alter table spillway.payments
  add column account_id bigint,
  add column lot_id bigint,
  add column transaction_id uuid,
  drop constraint payments_amounts,
  add constraint payments_amounts check (
    least(amount, discount) >= 0 and state = 'APPROVED'
    and (account_id is null) = (lot_id is null)
    and (transaction_id is null) = (lot_id is null));

-- All that was drawn on lots (above zero) and brought back to them (below): the one place to read it.
create view spillway.wallet_allocations as
select tenant_id, subject, account_id, lot_id, transaction_id, amount from spillway.wallet_draws
union all
select tenant_id, order_id, account_id, lot_id, transaction_id, amount from spillway.payments
 where lot_id is not null;

-- As with the lists: for calls that began before.
create function spillway.draw_by_name() returns trigger language plpgsql as $$
begin
  insert into spillway.wallet_draws (tenant_id, subject, account_id, lot_id, transaction_id, amount)
  values (new.tenant_id, new.subject, new.account_id, new.lot_id, new.transaction_id, new.amount);
  return new;
end;
$$;
create trigger wallet_allocations_draw instead of insert on spillway.wallet_allocations
  for each row execute function spillway.draw_by_name();

-- As before (0026), with the draws where they are written now.
create or replace function spillway.draw_lots(
  tenants text[], accounts bigint[], amounts bigint[], balances bigint[], subjects uuid[],
  transactions uuid[], moment timestamptz
) returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  needed bigint := (select sum(amount) from unnest(amounts) f (amount));
  -- Lots of a wallet that are looked at; null for all.
  depth bigint := 32;
  is_done boolean;
begin
  loop
    with wanted as materialized (
      select f.*, sum(f.amount) over (partition by f.account order by f.n) as upto
        from unnest(tenants, accounts, amounts, subjects, transactions) with ordinality
          as f (tenant, account, amount, subject, transaction, n)
    ), found as materialized (
      -- Subjects of an account stand one behind the other, and so do its lots: where both cover the
      -- same, the one draws on the other.
      select w.tenant, w.account, w.subject, w.transaction, l.lot_id,
          (least(w.upto, l.upto) - greatest(w.upto - w.amount, l.upto - l.remaining))::bigint as amount
        from wanted w cross join lateral (
          select o.lot_id, o.remaining, sum(o.remaining) over (
              order by o.expires_at, o.lot_id rows unbounded preceding) as upto
            from spillway.wallet_lots o
           where o.account_id = w.account and o.tenant_id = w.tenant and o.is_open
           order by o.expires_at, o.lot_id limit depth) l
       where l.upto - l.remaining < w.upto and l.upto > w.upto - w.amount
    ), complete as materialized (
      select sum(amount) = needed as is_so from found
    ), draws as materialized (
      select * from found where (select is_so from complete)
    ), lots as (
      update spillway.wallet_lots o set remaining = o.remaining - d.amount
        from (select tenant, lot_id, sum(amount) as amount from draws group by tenant, lot_id) d
       where o.lot_id = d.lot_id and o.tenant_id = d.tenant
    ), allocations as (
      insert into spillway.wallet_draws (tenant_id, subject, account_id, lot_id, transaction_id,
        amount)
      select tenant, subject, account, lot_id, transaction, amount from draws
    ), accounts as (
      update spillway.wallet_accounts a set balance = a.balance - w.amount
        from (select tenant, account, sum(amount) as amount from wanted
               where (select is_so from complete) group by tenant, account) w
       where a.account_id = w.account and a.tenant_id = w.tenant
    )
    select is_so into is_done from complete;
    exit when is_done;
    if depth is null then
      perform spillway.contradict('a wallet''s lots do not cover its balance');
    end if;
    depth := case when depth < 10000 then depth * 32 end;
  end loop;
  insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
    recorded_at)
  select f.tenant, f.account, f.transaction, f.subject, -f.amount, f.balance, moment
    from unnest(tenants, accounts, amounts, balances, subjects, transactions) with ordinality
      as f (tenant, account, amount, balance, subject, transaction, n)
   order by f.n;
end;
$$;

-- As before (0026), with the draws where they are written now.
create or replace function spillway.restore_draws(
  in_tenant text, in_subject uuid, in_amount bigint, in_role text, in_owner text, in_transaction uuid,
  in_reason text, in_ref_type text, in_ref_id text, in_actor text, in_digest uuid, in_fingerprint uuid
) returns bigint language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz;
  wallet spillway.wallet_accounts;
  restored bigint;
begin
  select a.* into wallet from spillway.wallet_accounts a
   where a.tenant_id = in_tenant and a.account_id = (
     select account_id from spillway.wallet_allocations
      where tenant_id = in_tenant and subject = in_subject limit 1)
     for no key update;
  if not found or in_amount <= 0 then
    perform spillway.contradict('there is no such draw to restore');
  end if;
  moment := spillway.moment_of(in_tenant, wallet.account_id);
  insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, ref_type, ref_id,
    actor, digest, fingerprint, account_id, balance_after, recorded_at)
  values (in_tenant, in_transaction, 'refund', in_reason, in_ref_type, in_ref_id, in_actor, in_digest,
    in_fingerprint, wallet.account_id, wallet.balance + in_amount, moment);
  with drawn as (
    select d.lot_id, d.amount, sum(d.amount) over (order by o.expires_at desc, d.lot_id desc) as upto
      from (select lot_id, sum(amount)::bigint as amount from spillway.wallet_allocations
             where tenant_id = in_tenant and subject = in_subject
             group by lot_id having sum(amount) > 0) d
      join spillway.wallet_lots o on o.lot_id = d.lot_id and o.tenant_id = in_tenant
  ), given as materialized (
    select lot_id, least(amount, in_amount - (upto - amount))::bigint as amount
      from drawn where upto - amount < in_amount
  ), lots as (
    update spillway.wallet_lots o set remaining = o.remaining + g.amount
      from given g where o.lot_id = g.lot_id and o.tenant_id = in_tenant
    returning o.expires_at
  ), allocations as (
    insert into spillway.wallet_draws (tenant_id, subject, account_id, lot_id, transaction_id,
      amount)
    select in_tenant, in_subject, wallet.account_id, lot_id, in_transaction, -amount from given
  ), account as (
    update spillway.wallet_accounts
       set balance = balance + in_amount,
           next_expiry = least(next_expiry, (select min(expires_at) from lots))
     where tenant_id = in_tenant and account_id = wallet.account_id
  )
  select sum(amount) into restored from given;
  if restored is distinct from in_amount then
    perform spillway.contradict('more is to be restored than was drawn');
  end if;
  insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
    recorded_at)
  values (in_tenant, wallet.account_id, in_transaction, in_transaction, in_amount,
    wallet.balance + in_amount, moment);
  perform spillway.post_to_shard(in_tenant, in_role, in_owner, wallet.unit, array[in_transaction],
    array[in_transaction], array[-in_amount], moment);
  return wallet.balance + in_amount;
end;
$$;
