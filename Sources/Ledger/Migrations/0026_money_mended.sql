-- Money and its sweepers, where they failed: what is due is found by its index, a wallet's history is not
-- read to change it, and a refund is booked behind what came before it and never fails for a key or for a
-- full wallet.

-- MARK: Sweepers

-- In these a moment is taken once: compared with a volatile function, everything that is not due would
-- be read each time.

-- Cancels pending orders whose time is over, in one transaction with the release of their stock.
-- Orders that somebody else works on are passed over. Returns how many were cancelled.
create or replace function spillway.cancel_overdue_orders(in_limit bigint) returns bigint
language plpgsql as $$
declare
  moment timestamptz := clock_timestamp();
  tenants text[];
  ids uuid[];
begin
  with due as (
    select tenant_id, order_id from spillway.orders
     where status = 'PENDING' and reserved_until <= moment
     order by reserved_until limit in_limit for update skip locked
  ), cancelled as (
    update spillway.orders o
       set status = 'CANCELLED', cancelled_at = clock_timestamp(), reason = 'expired'
      from due where o.tenant_id = due.tenant_id and o.order_id = due.order_id
    returning o.tenant_id, o.order_id
  )
  select array_agg(tenant_id), array_agg(order_id) into tenants, ids from cancelled;
  if ids is null then
    return 0;
  end if;
  insert into spillway.outbox_events (tenant_id, kind, subject)
  select f.tenant, 'order.cancelled', f.id from unnest(tenants, ids) f (tenant, id);
  perform spillway.settle_orders(tenants, ids, 'order.release');
  return cardinality(ids);
end;
$$;

-- Takes out what has expired of up to so many wallets. Those that somebody else works on are passed
-- over, and those of which holds have set all aside. Returns how many wallets were looked at.
--
-- Nobody is waited for, so it does not matter in which order wallets are locked.
create or replace function spillway.expire_lots(in_limit bigint) returns bigint language plpgsql as $$
declare
  moment timestamptz := clock_timestamp();
  ids bigint[];
  tenants text[];
begin
  select array_agg(account_id), array_agg(tenant_id) into ids, tenants
    from (select account_id, tenant_id from spillway.wallet_accounts
           where next_expiry <= moment and next_expiry < 'infinity' and balance > held
           order by next_expiry limit in_limit for no key update skip locked) d;
  if ids is null then
    return 0;
  end if;
  perform spillway.expire_wallets(ids, tenants);
  return cardinality(ids);
end;
$$;

-- Drops commands that were applied long ago, of the oldest so many. Returns how many.
--
-- Commands are applied nearly in their order: where the first ones are young, so are those behind them.
create or replace function spillway.forget_commands(in_age_milliseconds bigint, in_limit bigint)
returns bigint language plpgsql as $$
declare
  ids bigint[];
  dropped bigint;
begin
  select array_agg(command_id) into ids
    from (select command_id, applied_at from spillway.cell_commands
           where applied_at is not null order by command_id limit in_limit) c
   where applied_at < clock_timestamp() - in_age_milliseconds * interval '1 millisecond';
  delete from spillway.cell_commands where command_id in (
    select command_id from spillway.cell_commands
     where command_id = any(ids) order by command_id for update skip locked);
  get diagnostics dropped = row_count;
  return dropped;
end;
$$;

-- MARK: Wallets

-- The maximum binds what is brought to a wallet. What comes back to it must find room: this is what the
-- ledger itself can count.
create function spillway.wallet_ceiling() returns bigint language sql immutable parallel safe as
$$ select 4611686018427387904 $$;
alter table spillway.wallet_accounts
  drop constraint wallet_accounts_cover,
  add constraint wallet_accounts_cover check (
    role <> 'user' or (shard = 0 and balance between held and spillway.wallet_ceiling()));

-- Of a credit or a debit: the wallet, and what was in it behind it. A repeat is answered from here, not
-- by a search through the wallet's history.
alter table spillway.wallet_transactions
  add column account_id bigint,
  add column balance_after bigint;

-- Decides postings of one sign: those whose key is known, those for which there is not enough, or too
-- much. Of twins (one key twice in the set) the first is decided; so are those of a wallet up to the
-- first that is refused. The others have no outcome yet.
create or replace function spillway.judge_postings(
  postings spillway.wallet_posting[], is_credit boolean
) returns spillway.wallet_posting[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  result spillway.wallet_posting[];
begin
  with known as (
    select f.*, t.transaction_id as first, t.fingerprint as first_print,
        case when t.account_id = f.account then t.balance_after
          -- Of the time before a transaction told it.
          when t.transaction_id is not null and t.account_id is null then (
            select e.balance from spillway.wallet_entries e where e.account_id = f.account
              and e.tenant_id = f.tenant and e.transaction_id = t.transaction_id limit 1)
          end as first_balance,
        row_number() over (partition by f.tenant, coalesce(f.digest, f.transaction) order by f.n) > 1
          as is_twin
      from unnest(postings) f
      left join lateral (
        select k.transaction_id, k.fingerprint, k.account_id, k.balance_after
          from spillway.wallet_transactions k
         where k.digest = f.digest and k.tenant_id = f.tenant limit 1) t on true
  ), queued as (
    select k.*, sum(k.amount) over (partition by k.account, k.first is null and not k.is_twin
        order by k.n) as upto,
        -- What came back may have taken a wallet above its maximum.
        case when is_credit then greatest(spillway.wallet_maximum() - k.balance, 0)
          else k.available end as room
      from known k
  ), judged as (
    select q.*, case
        when q.first_print = q.fingerprint and q.first_balance is not null then 'REPLAY'
        when q.first is not null then 'KEY_REUSED'
        when q.is_twin or q.upto - q.amount > q.room then null
        when q.upto > q.room then case when is_credit then 'OVERFLOW' else 'SHORT' end
        else 'DONE' end as verdict
      from queued q
  )
  select array_agg(row(j.n, j.tenant, j.owner, j.unit, j.amount, j.expiry, j.counter_role,
      j.counter_owner, case j.verdict when 'REPLAY' then j.first else j.transaction end, j.reason,
      j.ref_type, j.ref_id, j.actor, j.digest, j.fingerprint, j.account,
      case j.verdict
        when 'REPLAY' then j.first_balance
        when 'DONE' then j.balance + case when is_credit then j.upto else -j.upto end
        -- What is there for it, behind those before it.
        when 'SHORT' then j.available - (j.upto - j.amount)
        else j.balance end,
      j.available, j.verdict)::spillway.wallet_posting)
    into result from judged j;
  return result;
end;
$$;

-- Writes postings that were decided to be done.
create or replace function spillway.write_postings(
  done spillway.wallet_posting[], is_credit boolean, moment timestamptz
) returns void language plpgsql as $$
declare
  side record;
begin
  insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, ref_type, ref_id,
    actor, digest, fingerprint, account_id, balance_after, recorded_at)
  select tenant, transaction, case when is_credit then 'credit' else 'debit' end, reason, ref_type,
      ref_id, actor, digest, fingerprint, account, balance, moment
    from unnest(done) order by digest;
  if is_credit then
    perform spillway.add_lots(array_agg(tenant order by n), array_agg(account order by n),
        array_agg(amount order by n), array_agg(balance order by n), array_agg(expiry order by n),
        array_agg(transaction order by n), moment)
      from unnest(done);
  else
    perform spillway.draw_lots(array_agg(tenant order by n), array_agg(account order by n),
        array_agg(amount order by n), array_agg(balance order by n),
        array_agg(transaction order by n), array_agg(transaction order by n), moment)
      from unnest(done);
  end if;
  for side in
    select tenant, counter_role, counter_owner, unit, array_agg(transaction order by n) as transactions,
        array_agg(case when is_credit then -amount else amount end order by n) as amounts
      from unnest(done) group by tenant, counter_role, counter_owner, unit order by 1, 2, 3, 4
  loop
    perform spillway.post_to_shard(side.tenant, side.counter_role, side.counter_owner, side.unit,
      side.transactions, side.transactions, side.amounts, moment);
  end loop;
end;
$$;

-- Draws on wallets: on the lots that expire first, with an allocation for each draw and an entry for
-- each subject. The caller holds the accounts' locks, has seen that there is enough, and says what each
-- balance will be; the amounts are above zero.
--
-- The first lots of a wallet nearly always cover what is drawn. Only when they do not are more looked at.
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
      insert into spillway.wallet_allocations (tenant_id, subject, account_id, lot_id, transaction_id,
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

-- When something is recorded of an account whose lock one holds: now, and never before what was recorded
-- of it last. Balances as of an instant rely on that.
create function spillway.moment_of(in_tenant text, in_account bigint) returns timestamptz
language plpgsql volatile as $$
begin
  return greatest(date_trunc('milliseconds', clock_timestamp()), (
    select recorded_at from spillway.wallet_entries
     where account_id = in_account and tenant_id = in_tenant order by entry_id desc limit 1));
end;
$$;

-- The other side of entries: posts the amounts to a system account, or to a merchant's. They are recorded
-- at the moment, or when the row was free if that is later.
create or replace function spillway.post_to_shard(
  in_tenant text, in_role text, in_owner text, in_unit text,
  transactions uuid[], subjects uuid[], amounts bigint[], moment timestamptz
) returns void language plpgsql as $$
declare
  account bigint := spillway.take_shard(in_tenant, in_role, in_owner, in_unit);
  after bigint;
  change bigint := (select sum(amount) from unnest(amounts) f (amount));
  last timestamptz := (
    select recorded_at from spillway.wallet_entries
     where account_id = account and tenant_id = in_tenant order by entry_id desc limit 1);
begin
  update spillway.wallet_accounts set balance = balance + change
   where tenant_id = in_tenant and account_id = account returning balance into strict after;
  insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
    recorded_at)
  select in_tenant, account, f.transaction, f.subject, f.amount,
      after - change + sum(f.amount) over (order by f.n), greatest(moment, last)
    from unnest(transactions, subjects, amounts) with ordinality f (transaction, subject, amount, n)
   order by f.n;
end;
$$;

-- Brings back to a wallet what was drawn for a subject, to the same lots; to those first that last
-- longest. The other side is taken from a system account or a merchant. What comes back to a lot that
-- has expired expires again. Returns the wallet's balance behind it; raises an integrity violation when
-- more is to come back than was drawn and did not come back yet.
--
-- The caller holds the lock of whatever the subject belongs to: the payment's order, the debit's ref. It
-- is also who sees to it that one request does it once; a digest is kept only for who gives one.
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
    insert into spillway.wallet_allocations (tenant_id, subject, account_id, lot_id, transaction_id,
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

-- Ends a hold: pays so much of it to a system account or a merchant, and frees the rest; 0 frees all.
-- Outcomes: SETTLED, REPLAY (it was ended the same way), CONFLICT (it was ended in another way, or is not
-- that much), UNKNOWN; with the wallet's balance behind it.
create or replace function spillway.settle_hold(
  in_tenant text, in_hold uuid, in_amount bigint, in_role text, in_owner text, in_transaction uuid,
  in_actor text
) returns table (outcome text, balance bigint) language plpgsql as $$
declare
  moment timestamptz;
  hold spillway.wallet_holds;
  wallet spillway.wallet_accounts;
begin
  select h.* into hold from spillway.wallet_holds h
   where h.tenant_id = in_tenant and h.hold_id = in_hold;
  if not found then
    return query select 'UNKNOWN', 0::bigint;
    return;
  end if;
  select a.* into strict wallet from spillway.wallet_accounts a
   where a.tenant_id = in_tenant and a.account_id = hold.account_id for no key update;
  moment := spillway.moment_of(in_tenant, hold.account_id);
  -- It changes only under the wallet's lock.
  select h.* into strict hold from spillway.wallet_holds h
   where h.tenant_id = in_tenant and h.hold_id = in_hold;
  if hold.state <> 'OPEN' or in_amount > hold.amount then
    return query select case when hold.state <> 'OPEN' and hold.captured = in_amount then 'REPLAY'
      else 'CONFLICT' end, wallet.balance;
    return;
  end if;
  update spillway.wallet_holds h
     set state = case when in_amount > 0 then 'CAPTURED' else 'RELEASED' end, captured = in_amount,
         settled_at = moment
   where h.tenant_id = in_tenant and h.hold_id = in_hold;
  update spillway.wallet_accounts a set held = a.held - hold.amount
   where a.tenant_id = in_tenant and a.account_id = hold.account_id;
  if in_amount > 0 then
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, ref_type, ref_id,
      actor, recorded_at)
    values (in_tenant, in_transaction, 'capture', hold.reason, hold.ref_type, hold.ref_id, in_actor,
      moment);
    perform spillway.draw_lots(array[in_tenant], array[hold.account_id], array[in_amount],
      array[wallet.balance - in_amount], array[in_hold], array[in_transaction], moment);
    perform spillway.post_to_shard(in_tenant, in_role, in_owner, wallet.unit, array[in_transaction],
      array[in_hold], array[in_amount], moment);
  end if;
  return query select 'SETTLED', wallet.balance - in_amount;
end;
$$;

-- MARK: Refunds

-- Gives back what was decided to go back of an order, and takes the order to `in_status`. The caller has
-- locked the order, and has recorded the idempotency key in the same transaction.
--
-- The wallet's transaction carries no digest: there a key would never end, and one that is used again after
-- its life would refuse the refund for ever.
create or replace function spillway.refund_order(
  in_tenant text, in_order uuid, in_refund uuid, in_status text, in_amount bigint,
  in_skus text[], in_quantities bigint[], in_amounts bigint[], in_restocks boolean,
  in_returns_coupon boolean, in_reason text, in_actor text, in_digest uuid, in_fingerprint uuid
) returns void language plpgsql as $$
declare
  undone spillway.orders;
  paid spillway.payments;
  moment timestamptz;
  coupon uuid;
  balance bigint;
begin
  select * into strict undone from spillway.orders where tenant_id = in_tenant and order_id = in_order;
  select * into strict paid from spillway.payments where order_id = in_order and tenant_id = in_tenant;
  if undone.status not in ('PAID', 'FULFILLED') or in_amount > paid.amount - (
    select coalesce(sum(amount), 0) from spillway.refunds
     where order_id = in_order and tenant_id = in_tenant)
  then
    perform spillway.contradict('more is to go back than was paid');
  end if;
  if in_returns_coupon and paid.coupon_id is not null then
    coupon := spillway.return_coupon(in_tenant, in_order, undone.campaign_id, undone.user_id,
      paid.coupon_id);
  end if;
  if in_amount > 0 then
    balance := spillway.restore_draws(in_tenant, paid.payment_id, in_amount, 'revenue', '', in_refund,
      in_reason, 'order', in_order::text, in_actor, null, null);
  end if;
  -- Behind all that it may have waited for.
  moment := date_trunc('milliseconds', clock_timestamp());
  insert into spillway.refunds (tenant_id, refund_id, order_id, payment_id, amount, currency, skus,
    quantities, amounts, is_restocked, coupon_id, reason, actor, digest, balance_after, recorded_at)
  values (in_tenant, in_refund, in_order, paid.payment_id, in_amount, paid.currency, in_skus,
    in_quantities, in_amounts, in_restocks, coupon, in_reason, in_actor, in_digest, balance, moment);
  update spillway.orders
     set status = in_status, reason = case when in_status = status then reason else in_reason end,
         cancelled_at = case in_status when 'CANCELLED' then moment end,
         refunded_at = case in_status when 'REFUNDED' then moment end
   where tenant_id = in_tenant and order_id = in_order;
  insert into spillway.outbox_events (tenant_id, kind, subject, payload)
  values (in_tenant, case in_status when 'CANCELLED' then 'order.cancelled' else 'order.refunded' end,
    in_order, jsonb_build_object('refund_id', in_refund, 'amount', in_amount,
      'currency', paid.currency, 'status', in_status));
  if in_restocks then
    perform spillway.return_stock(in_tenant, in_order, in_skus, in_quantities,
      'order ' || in_order || ': ' || in_reason, in_actor);
  end if;
end;
$$;

-- Orders that are paid and wait to be shipped are few, and an operator looks for them. Only a payment
-- writes it, and shipping empties it: orders that are placed cost no more.
create index orders_waiting on spillway.orders (tenant_id, order_id) where status = 'PAID';
