-- Orders whose status stands in no index: a change of it stays on the row's page, and writes no index entry.
--
-- An index whose condition names the status counts as changed by each change of it, whatever its rows: with
-- one, each payment wrote an entry into every index of the orders. What such indexes were for is kept in two
-- lists beside the orders (decision 0033).

drop index spillway.orders_due, spillway.orders_ended, spillway.orders_waiting;
-- Room for those of a page that are paid together; who comes later has the room of those before.
alter table spillway.orders set (fillfactor = 90);

-- MARK: Lists

-- Orders by when their time is over: those that came together with one deadline are one row, which is gone
-- some time after all of them were paid or cancelled. Every pending order stands in one.
create table spillway.order_deadlines (
  tenant_id text not null,
  cell text not null,
  -- As readers' instants are: who reads on behind a deadline has it exactly.
  deadline timestamptz not null check (deadline = date_trunc('milliseconds', deadline)),
  list_id bigint generated always as identity,
  order_ids uuid[] not null,
  primary key (deadline, list_id, tenant_id)
);
-- Ids do not compress.
alter table spillway.order_deadlines alter column order_ids set storage external;
insert into spillway.order_deadlines (tenant_id, cell, deadline, order_ids)
select tenant_id, cell, date_trunc('milliseconds', reserved_until), array_agg(order_id)
  from spillway.orders
 where status = 'PENDING' group by 1, 2, 3;

-- Orders that are not pending, for those who look for a status.
create table spillway.orders_by_status (
  tenant_id text not null,
  status text collate "C" not null check (status in ('PAID', 'FULFILLED', 'CANCELLED', 'REFUNDED')),
  order_id uuid not null,
  primary key (tenant_id, status, order_id)
);
insert into spillway.orders_by_status
select tenant_id, status, order_id from spillway.orders where status <> 'PENDING'
 order by tenant_id, status, order_id;

-- A payment lists its orders itself, a set at once: it has no time to lose.
create function spillway.list_order() returns trigger language plpgsql as $$
begin
  if old.status <> 'PENDING' then
    delete from spillway.orders_by_status
     where tenant_id = old.tenant_id and status = old.status and order_id = old.order_id;
  end if;
  insert into spillway.orders_by_status values (new.tenant_id, new.status, new.order_id);
  return null;
end;
$$;
create trigger orders_list after update of status on spillway.orders for each row
  when (new.status in ('FULFILLED', 'CANCELLED', 'REFUNDED') and new.status <> old.status)
  execute function spillway.list_order();

-- MARK: Facts

-- Records orders that are new and counts what they reserve. The caller has locked the accounts. Raises a
-- unique violation when an order is there already, or a key has another order.
--
-- The numbers are those of the orders' baskets.
create or replace function spillway.insert_orders(
  in_tenant text, in_cell text, order_ids uuid[], user_ids text[], digests uuid[], numbers bigint[],
  baskets spillway.order_basket[]
) returns void language plpgsql
-- However long the arrays are: a plan is made once, and knows none of them.
set enable_nestloop = off as $$
begin
  with placed as (
    insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency, subtotal,
      discount, tax, shipping, total, coupon_id, campaign_id, created_at, reserved_until,
      idempotency_digest, idempotency_fingerprint, terms, skus, quantities, unit_prices)
    select in_tenant, f.id, in_cell, b.scope, f.buyer, b.market, b.currency, b.subtotal, b.discount,
      b.tax, b.shipping, b.subtotal - b.discount + b.tax + b.shipping, b.coupon, b.campaign,
      b.created_at, b.reserved_until, f.digest, b.fingerprint, b.terms, b.skus, b.quantities,
      b.unit_prices
    from unnest(order_ids, user_ids, digests, numbers) as f (id, buyer, digest, number)
    join unnest(baskets) b using (number)
    returning order_id, reserved_until
  )
  insert into spillway.order_deadlines (tenant_id, cell, deadline, order_ids)
  select in_tenant, in_cell, date_trunc('milliseconds', p.reserved_until), array_agg(p.order_id)
    from placed p group by 3;
  perform spillway.reserve_baskets(in_tenant, in_cell, numbers, baskets);
end;
$$;

-- MARK: The end of a reservation

-- Cancels pending orders whose time is over, in one transaction with the release of their stock.
-- Orders that somebody else works on are passed over, and so are lists. Returns how many were cancelled:
-- fewer than the limit when nothing else is due.
create or replace function spillway.cancel_overdue_orders(in_limit bigint) returns bigint
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off as $$
declare
  moment timestamptz := clock_timestamp();
  list record;
  pending uuid[];
  cancelled uuid[];
  tenants text[] := '{}';
  ids uuid[] := '{}';
begin
  for list in
    select * from spillway.order_deadlines where deadline <= moment
     order by deadline, list_id for update skip locked
  loop
    exit when cardinality(ids) >= in_limit;
    -- Most were paid long ago: they are looked at once and not locked.
    pending := array(
      select o.order_id from unnest(list.order_ids) f (id)
        join spillway.orders o on o.tenant_id = list.tenant_id and o.order_id = f.id
       where o.status = 'PENDING');
    with due as materialized (
      select o.order_id from unnest(pending) f (id) cross join lateral (
        select o.order_id from spillway.orders o
         where o.tenant_id = list.tenant_id and o.order_id = f.id and o.status = 'PENDING'
           for update skip locked) o
       limit in_limit - cardinality(ids)
    ), changed as (
      update spillway.orders o
         set status = 'CANCELLED', cancelled_at = clock_timestamp(), reason = 'expired'
        from due where o.tenant_id = list.tenant_id and o.order_id = due.order_id
      returning o.order_id
    )
    select coalesce(array_agg(order_id), '{}') into cancelled from changed;
    ids := ids || cancelled;
    tenants := tenants || array_fill(list.tenant_id, array[cardinality(cancelled)]);
    if cardinality(cancelled) = cardinality(pending) then
      delete from spillway.order_deadlines d
       where d.deadline = list.deadline and d.list_id = list.list_id and d.tenant_id = list.tenant_id;
    elsif cardinality(pending) < cardinality(list.order_ids) or cardinality(cancelled) > 0 then
      update spillway.order_deadlines d
         set order_ids = array(select f.id from unnest(pending) f (id) where f.id <> all(cancelled))
       where d.deadline = list.deadline and d.list_id = list.list_id and d.tenant_id = list.tenant_id;
    end if;
  end loop;
  if cardinality(ids) = 0 then
    return 0;
  end if;
  insert into spillway.outbox_events (tenant_id, kind, subject)
  select f.tenant, 'order.cancelled', f.id from unnest(tenants, ids) f (tenant, id);
  perform spillway.settle_orders(tenants, ids, 'order.release');
  return cardinality(ids);
end;
$$;

-- MARK: Payments

-- How plans are made is said once for all that a set runs, not by each function anew.
alter function spillway.lock_payments reset all;
alter function spillway.sell_stock reset all;
alter function spillway.pay set enable_seqscan = off;
alter function spillway.pay set enable_hashjoin = off;
alter function spillway.pay set enable_mergejoin = off;
alter function spillway.pay set enable_bitmapscan = off;
alter function spillway.pay set enable_material = off;
alter function spillway.pay set plan_cache_mode = force_generic_plan;

-- Decides attempts whose rows are locked and writes those that are paid: orders, coupons, payments, wallets,
-- events, commands, and stock at the end.
--
-- Raises a unique violation when a key was used by another set at the same time, or before and this was not
-- looked up; and the state SW001 when the lots that were looked at are not enough: unless `is_thorough`.
create or replace function spillway.decide_payments(
  attempts spillway.payment_attempt[], moment timestamptz, is_thorough boolean
) returns spillway.payment_result[] language plpgsql as $$
declare
  results spillway.payment_result[];
  sums spillway.payment_sum[];
  sold spillway.sold_stock[];
  side spillway.payment_sum;
  are_orders_paid boolean;
  wanted bigint;
  drawn bigint;
  taken bigint;
  depth bigint := case when not is_thorough then spillway.usual_depth() end;
begin
  with judged as materialized (
    select * from spillway.judge_payments(attempts, moment, is_thorough)
  ), paid as materialized (
    select * from judged j where j.outcome = 'PAID'
  ), orders_paid as (
    update spillway.orders o set status = 'PAID', paid_at = moment
      from paid p where o.ctid = p.order_row and o.order_id = p.order_id
    returning o.tenant_id, o.order_id, o.cell, o.scope, o.skus, o.quantities
  ), listed as (
    insert into spillway.orders_by_status (tenant_id, status, order_id)
    select p.tenant, 'PAID', p.order_id from paid p
  ), coupons_used as (
    update spillway.coupons c set status = 'USED', used_by_order = f.order_id, used_at = moment
      from (
        select p.order_id, c.coupon_row
          from paid p cross join lateral (
            select c.ctid as coupon_row from spillway.coupons c
             where c.campaign_id = p.campaign and c.user_id = p.buyer and c.tenant_id = p.tenant
               and c.coupon_id = p.coupon limit 1) c
         where p.coupon is not null) f
     where c.ctid = f.coupon_row
  ), payments_made as (
    insert into spillway.payments (tenant_id, payment_id, order_id, user_id, amount, currency, coupon_id,
      discount, digest, fingerprint, balance_after, paid_at)
    select p.tenant, p.payment, p.order_id, p.buyer, p.total, p.currency, p.coupon, p.discount, p.digest,
        p.fingerprint, p.balance, moment
      from paid p
  ), sums as materialized (
    select p.tenant, p.currency, sum(p.total)::bigint as amount, spillway.new_id() as transaction
      from paid p where p.total > 0 group by p.tenant, p.currency
  ), transactions as (
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, actor,
      recorded_at)
    select s.tenant, s.transaction, 'payment', 'payment', 'spillway', moment from sums s
  ), spent as materialized (
    select p.tenant, p.account, p.account_row, p.order_id, p.total, p.upto, p.balance, s.transaction
      from paid p join sums s on s.tenant = p.tenant and s.currency = p.currency
     where p.total > 0
  ), draws as materialized (
    select w.tenant, w.account, w.order_id, w.transaction, d.lot_id, d.lot_row, d.amount
      from spent w cross join lateral spillway.draws(w.tenant, w.account, w.total, w.upto, depth) d
  ), lots as (
    update spillway.wallet_lots o set remaining = o.remaining - d.amount
      from (select lot_row, sum(amount)::bigint as amount from draws group by lot_row) d
     where o.ctid = d.lot_row
    returning d.amount
  ), allocations as (
    insert into spillway.wallet_allocations (tenant_id, subject, account_id, lot_id, transaction_id,
      amount)
    select d.tenant, d.order_id, d.account, d.lot_id, d.transaction, d.amount from draws d
  ), accounts as (
    update spillway.wallet_accounts a set balance = a.balance - w.amount
      from (select account_row, sum(total)::bigint as amount from spent group by account_row) w
     where a.ctid = w.account_row
    returning w.amount
  ), entries as (
    insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
      recorded_at)
    select w.tenant, w.account, w.transaction, w.order_id, -w.total, w.balance, moment
      from spent w order by w.account, w.upto
  ), events as (
    insert into spillway.outbox_events (tenant_id, kind, subjects)
    select p.tenant, 'order.paid', array_agg(p.order_id) from paid p group by p.tenant
    union all
    select p.tenant, 'payment.approved', array_agg(p.payment) from paid p group by p.tenant
    union all
    select p.tenant, 'coupon.used', array_agg(p.coupon) from paid p where p.coupon is not null
     group by p.tenant
  ), commands as (
    insert into spillway.cell_commands (cell, kind, subjects)
    select p.cell, 'order.commit', array_agg(p.order_id) from paid p group by p.cell
  ), pieces as (
    select p.tenant_id as tenant, p.cell, p.scope, l.sku, sum(l.quantity)::bigint as quantity
      from orders_paid p cross join lateral unnest(p.skus, p.quantities) l (sku, quantity)
     group by p.tenant_id, p.cell, p.scope, l.sku
  )
  select
      (select array_agg(row(j.n, j.outcome, j.payment, j.paid_at, j.balance, j.total, j.currency,
          j.status, j.coupon)::spillway.payment_result) from judged j),
      (select array_agg(row(s.tenant, s.currency, s.amount, s.transaction)::spillway.payment_sum)
        from sums s),
      (select array_agg(row(l.tenant, l.cell, l.scope, l.sku, l.quantity)::spillway.sold_stock)
        from pieces l),
      (select count(*) from orders_paid) = (select count(*) from paid),
      (select sum(s.amount) from sums s), (select sum(d.amount) from lots d),
      (select sum(a.amount) from accounts a)
    into results, sums, sold, are_orders_paid, wanted, drawn, taken;
  if wanted is distinct from drawn then
    if not is_thorough then
      raise exception 'more lots are to be looked at' using errcode = 'SW001';
    end if;
    perform spillway.contradict('a wallet''s lots do not cover its balance');
  end if;
  if not are_orders_paid or wanted is distinct from taken then
    perform spillway.contradict('a row changed that is locked');
  end if;
  foreach side in array coalesce(sums, '{}') loop
    perform spillway.post_to_shard(side.tenant, 'revenue', '', side.currency, array[side.transaction],
      array[side.transaction], array[side.amount], moment);
  end loop;
  if sold is not null then
    perform spillway.sell_stock(sold);
  end if;
  return results;
end;
$$;
