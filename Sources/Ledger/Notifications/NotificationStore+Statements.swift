internal import Postgres

extension NotificationStore {
  // Each source is found by an index that is there for something else: the user's orders and wallets, the
  // user's coupons of each of the tenant's campaigns. A user has few of all of them, so they are gathered and
  // sorted; what only the page shows is looked up for the page. Keys are looked up one by one, in lateral
  // subqueries which no plan turns around: one that was made while a table was empty would go through all of it.
  //
  // An id is a version 7 UUID (RFC 9562): the time of the event; a rank, in whose order stand kinds that happen
  // at one time; and the end of the id of what it is about, which is random, or the number of a wallet's entry.
  static let listStatement = Statement(
    "notification_list",
    """
    with mine as materialized (
      select o.order_id, o.market, o.currency, o.total, o.discount, o.status, o.reason, o.coupon_id,
          o.campaign_id, o.paid_at, o.cancelled_at, o.fulfilled_at
        from spillway.orders o where o.tenant_id = $1 and o.user_id = $2
    ), given as materialized (
      -- The refund that an order was cancelled with was recorded at the same time; its order tells of it.
      select o.order_id, o.market, r.refund_id, r.amount, r.currency, r.recorded_at,
          o.status = 'CANCELLED' and r.recorded_at = o.cancelled_at
            and row_number() over (
              partition by r.order_id order by r.recorded_at desc, r.refund_id desc) = 1
            as is_cancellation
        from mine o
        cross join lateral (
          select r.* from spillway.refunds r
           where r.order_id = o.order_id and r.tenant_id = $1 offset 0) r
       where o.paid_at is not null
    ), held as materialized (
      select k.coupon_id, k.campaign_id, k.issued_at,
          case when k.status <> 'USED' then least(k.recalled_at, c.recalled_at) end as recalled_at
        from spillway.campaigns c
        join spillway.coupons k on k.campaign_id = c.campaign_id and k.user_id = $2
          and k.tenant_id = c.tenant_id
       where c.tenant_id = $1
    ), told (kind, rank, tail, happened_at, order_id, coupon_id, campaign_id, market, unit, amount, balance,
      reason) as (
      select 'coupon.issued', 1, right(coupon_id::text, 12), issued_at, null::uuid, coupon_id, campaign_id,
          null::text, null::text, null::bigint, null::bigint, null::text
        from held
      union all
      select case when e.amount > 0 then 'wallet.credited' when t.kind = 'expiry' then 'wallet.expired'
            else 'wallet.debited' end,
          2, lpad(to_hex(e.entry_id), 12, '0'), e.recorded_at, null, null, null,
          null, a.unit, abs(e.amount), e.balance, null
        from spillway.wallet_accounts a
        join spillway.wallet_entries e on e.account_id = a.account_id and e.tenant_id = a.tenant_id
        cross join lateral (
          select t.kind, t.ref_type from spillway.wallet_transactions t
           where t.transaction_id = e.transaction_id and t.tenant_id = e.tenant_id limit 1) t
       where a.tenant_id = $1 and a.owner = $2 and a.role = 'user'
         -- Of orders tell those below.
         and t.kind <> 'payment' and (t.kind <> 'refund' or t.ref_type is distinct from 'order')
      union all
      select 'coupon.used', 3, right(order_id::text, 12), paid_at, order_id, coupon_id, campaign_id,
          market, currency, discount, null, null
        from mine where paid_at is not null and coupon_id is not null
      union all
      select 'payment.approved', 4, right(order_id::text, 12), paid_at, order_id, null, null,
          market, currency, total, null, null
        from mine where paid_at is not null
      union all
      select 'order.paid', 5, right(order_id::text, 12), paid_at, order_id, null, null,
          market, currency, total, null, null
        from mine where paid_at is not null
      union all
      select 'order.fulfilled', 6, right(order_id::text, 12), fulfilled_at, order_id, null, null,
          market, null, null, null, null
        from mine where fulfilled_at is not null
      union all
      select 'order.refunded', 7, right(refund_id::text, 12), recorded_at, order_id, null, null,
          market, currency, amount, null, null
        from given where not is_cancellation
      union all
      select 'order.cancelled', 8, right(o.order_id::text, 12), o.cancelled_at, o.order_id, null, null,
          o.market, o.currency, g.amount, null, o.reason
        from mine o
        left join given g on g.order_id = o.order_id and g.is_cancellation
       where o.status = 'CANCELLED'
      union all
      select 'coupon.recalled', 9, right(coupon_id::text, 12), recalled_at, null, coupon_id, campaign_id,
          null, null, null, null, null
        from held where recalled_at is not null
    ), timed as (
      select t.*, date_trunc('milliseconds', t.happened_at) as moment from told t
    ), named as (
      select t.*, (
          lpad(to_hex((extract(epoch from t.moment) * 1000)::bigint), 12, '0')
          || '7' || lpad(to_hex(t.rank), 3, '0') || '8000' || t.tail)::uuid as id
        from timed t
    ), page as materialized (
      select * from named where id < $3 order by id desc limit $4
    )
    select p.id, p.kind, p.moment, p.order_id, p.coupon_id, p.market, p.unit, p.amount,
        coalesce(p.balance, m.balance_after) as balance, p.reason, c.name as coupon_name,
        c.expires_at as coupon_expires_at
      from page p
      left join lateral (
        select m.balance_after from spillway.payments m
         where p.kind = 'payment.approved' and m.order_id = p.order_id and m.tenant_id = $1
         limit 1) m on true
      left join spillway.campaigns c on c.tenant_id = $1 and c.campaign_id = p.campaign_id
     order by p.id desc
    """)
}
