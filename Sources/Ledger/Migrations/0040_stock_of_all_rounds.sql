-- Payments of a set that are decided in several rounds take their stock at once.
--
-- Each round took what it sold, so the second one waited for stock while it held that of the first: two sets waited
-- for each other, until PostgreSQL ended one of them after a second and it was decided anew.

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
    if exists (select from unnest(results) r where r.outcome is null) then
      -- The next round may sell other stock: all of it is locked now, in the order in which everybody does.
      perform spillway.lock_accounts(array_agg(o.tenant_id), array_agg(o.cell), array_agg(o.scope),
          array_agg(l.sku))
        from unnest(attempts) a
        join spillway.orders o on o.tenant_id = a.tenant and o.order_id = a.order_id
        cross join lateral unnest(o.skus) l (sku);
    end if;
    perform spillway.sell_stock(sold);
  end if;
  return results;
end;
$$;
