public import Domain
public import Postgres

extension LedgerAudit {
  /// An invariant of wallets and payments, and how many rows break it.
  public struct MoneyFault: Sendable, Equatable {
    public let invariant: String
    public let count: Int
  }

  // One snapshot: what is paid meanwhile is in all of the sums or in none.
  private static let moneyStatement = Statement(
    unprepared: """
      with entries as materialized (
        select tenant_id, account_id, sum(amount) as sum, count(*) as count,
            (array_agg(balance order by entry_id desc))[1] as last
          from spillway.wallet_entries group by tenant_id, account_id
      ), lots as materialized (
        select tenant_id, account_id, sum(remaining) as sum, min(expires_at) filter (where is_open) as next
          from spillway.wallet_lots group by tenant_id, account_id
      ), holds as materialized (
        select tenant_id, account_id, sum(amount) as sum from spillway.wallet_holds
         where state = 'OPEN' group by tenant_id, account_id
      ), accounts as materialized (
        select a.*, coalesce(e.sum, 0) as entries, coalesce(e.last, 0) as last,
            coalesce(l.sum, 0) as lots, l.next, coalesce(h.sum, 0) as holds
          from spillway.wallet_accounts a
          left join entries e using (tenant_id, account_id)
          left join lots l using (tenant_id, account_id)
          left join holds h using (tenant_id, account_id)
      ), steps as (
        select balance - amount - lag(balance, 1, 0::bigint) over account as gap,
            lag(recorded_at) over account - recorded_at as fall
          from spillway.wallet_entries
        window account as (partition by tenant_id, account_id order by entry_id)
      ), drawn as materialized (
        select tenant_id, lot_id, sum(amount) as sum from spillway.wallet_allocations
         group by tenant_id, lot_id
      ), spent as materialized (
        select tenant_id, subject, sum(amount) as sum from spillway.wallet_allocations
         where amount > 0 group by tenant_id, subject
      ), paid as materialized (
        select e.tenant_id, e.subject, -sum(e.amount) as sum from spillway.wallet_entries e
          join spillway.wallet_accounts a using (tenant_id, account_id)
         where a.role = 'user' group by e.tenant_id, e.subject
      )
      select * from (values
        (1, 'the entries of each transaction add up to zero in each unit', (
          select count(*) from (
            select from spillway.wallet_entries e
              join spillway.wallet_accounts a using (tenant_id, account_id)
             group by e.tenant_id, e.transaction_id, a.unit having sum(e.amount) <> 0) f)),
        (2, 'every entry has its account and its transaction', (
          select count(*) from spillway.wallet_entries e
            left join spillway.wallet_accounts a using (tenant_id, account_id)
            left join spillway.wallet_transactions t using (tenant_id, transaction_id)
           where a.account_id is null or t.transaction_id is null)),
        (3, 'each wallet has what its entries say', (
          select count(*) from accounts where balance <> entries or balance <> last)),
        (4, 'each entry follows from the one before it', (
          select count(*) from steps where gap <> 0)),
        (5, 'each wallet has what is left of its lots', (
          select count(*) from accounts
           where case role when 'user' then balance <> lots else lots <> 0 end)),
        (6, 'what is left of a lot is what was not drawn', (
          select count(*) from spillway.wallet_lots l
            full join drawn d using (tenant_id, lot_id)
           where l.lot_id is null or l.amount - l.remaining <> coalesce(d.sum, 0))),
        (7, 'no lot expires before its wallet looks', (
          select count(*) from accounts where next < next_expiry)),
        (8, 'each wallet has set aside what its holds say', (
          select count(*) from accounts where held <> holds or role = 'user' and held > balance)),
        (9, 'a payment is what its order came to', (
          select count(*) from spillway.payments p
            left join spillway.orders o using (tenant_id, order_id)
           where o.order_id is null
             or (o.total, o.discount, o.currency, o.user_id)
               is distinct from (p.amount, p.discount, p.currency, p.user_id)
             or p.coupon_id is distinct from o.coupon_id
               and (p.coupon_id is not null or o.discount > 0)
             or o.paid_at is distinct from p.paid_at or o.status = 'PENDING')),
        (10, 'a payment is what its wallet gave', (
          select count(*) from spillway.payments p
            left join paid e on e.tenant_id = p.tenant_id and e.subject = p.order_id
            left join spent s on s.tenant_id = p.tenant_id and s.subject = p.order_id
           where coalesce(e.sum, 0) <> p.amount or coalesce(s.sum, 0) <> p.amount)),
        (11, 'every paid order has its payment', (
          select count(*) from spillway.orders o
            left join spillway.payments p using (tenant_id, order_id)
           where o.paid_at is not null and p.payment_id is null)),
        (12, 'a coupon is used by the payment that names it', (
          select count(*) from (
            select tenant_id, coupon_id, used_by_order as order_id from spillway.coupons
             where status = 'USED') c
            full join (
              select p.tenant_id, p.coupon_id, p.order_id, o.status from spillway.payments p
                join spillway.orders o using (tenant_id, order_id)
               where p.coupon_id is not null) p
              using (tenant_id, coupon_id, order_id)
           -- A coupon that was given back with its order's money may be used again.
           where p.coupon_id is null and c.coupon_id is not null
             or c.coupon_id is null and p.status in ('PAID', 'FULFILLED'))),
        (13, 'no campaign has more coupons used than issued', (
          select count(*) from spillway.campaigns c
            join (select tenant_id, campaign_id, count(*) filter (where status = 'USED') as used
                    from spillway.coupons group by tenant_id, campaign_id) p
              using (tenant_id, campaign_id)
           where p.used > c.issued or c.issued > c.quantity)),
        (14, 'every command names a cell', (
          select count(*) from (select distinct cell from spillway.cell_commands) c
            left join spillway.cells using (cell) where cells.tenant_id is null)),
        (15, 'what is drawn for a wallet is drawn on its lots', (
          select count(*) from spillway.wallet_allocations d
            left join spillway.wallet_lots l using (tenant_id, lot_id)
           where l.account_id is distinct from d.account_id)),
        -- Clocks of two servers that were the ledger one behind the other may differ by so much.
        (16, 'no entry is recorded before the one ahead of it', (
          select count(*) from steps where fall > interval '1 second')),
        (17, 'a repeat is told what its posting left', (
          select count(*) from spillway.wallet_transactions t
            left join spillway.wallet_entries e using (tenant_id, account_id, transaction_id)
           where t.account_id is not null and e.balance is distinct from t.balance_after)),
        (18, 'every payment is told to others', (
          select count(*) from spillway.payments p
            left join (
              select tenant_id, unnest(coalesce(subjects, array[subject])) as subject
                from spillway.outbox_events where kind = 'payment.approved') e
              on e.tenant_id = p.tenant_id and e.subject = p.payment_id
           where e.subject is null)),
        (19, 'payments differ in their ids', (
          select count(*) - count(distinct payment_id) from spillway.payments)),
        -- An expiry has a subject for each wallet, so what was brought back of it is known by that.
        (20, 'only what has expired is taken out', (
          select count(*) from (
            select from spillway.wallet_transactions t
              join spillway.wallet_allocations e using (tenant_id, transaction_id)
              join spillway.wallet_lots l using (tenant_id, lot_id)
              join spillway.wallet_allocations d
                on d.tenant_id = e.tenant_id and d.subject = e.subject and d.lot_id = e.lot_id
             where t.kind = 'expiry' and (l.expires_at is null or l.expires_at > t.recorded_at)
             group by e.tenant_id, e.subject, e.lot_id having sum(d.amount) <> 0) f)),
        (21, 'what was captured of a hold is what its wallet gave', (
          select count(*) from spillway.wallet_holds h
            left join paid e on e.tenant_id = h.tenant_id and e.subject = h.hold_id
            left join spent s on s.tenant_id = h.tenant_id and s.subject = h.hold_id
           where coalesce(e.sum, 0) <> h.captured or coalesce(s.sum, 0) <> h.captured)),
        (22, 'every capture has its hold', (
          select count(*) from spillway.wallet_transactions t
            join spillway.wallet_entries e using (tenant_id, transaction_id)
            left join spillway.wallet_holds h
              on h.tenant_id = e.tenant_id and h.hold_id = e.subject
           where t.kind = 'capture' and h.hold_id is null))
      ) f (place, invariant, count) order by place
      """)

  /// Looks at all wallets, payments and coupons, as of one moment.
  public func moneyFaults() async throws(PostgresError) -> [MoneyFault] {
    let rows = try await pool.query(Self.moneyStatement, [], timeout: Self.timeout)
    return try rows.map { row throws(PostgresError) in
      MoneyFault(invariant: try row.decode("invariant"), count: try row.decode("count"))
    }
  }
}
