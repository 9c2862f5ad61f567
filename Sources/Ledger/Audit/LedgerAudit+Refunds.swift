public import Domain
public import Postgres

extension LedgerAudit {
  /// An invariant of what became of paid orders, and how many rows break it.
  public struct RefundFault: Sendable, Equatable {
    public let invariant: String
    public let count: Int
  }

  // One snapshot: what goes back meanwhile is in all of the sums or in none.
  private static let refundStatement = Statement(
    unprepared: """
      with given as materialized (
        select tenant_id, order_id, sum(amount) as sum, min(payment_id::text) as first,
            max(payment_id::text) as last
          from spillway.refunds group by tenant_id, order_id
      ), pieces as materialized (
        select r.tenant_id, r.order_id, f.sku, sum(f.quantity) as quantity,
            sum(f.quantity) filter (where r.is_restocked) as restocked,
            sum(f.quantity) filter (where r.is_withheld) as withheld
          from spillway.refunds r, unnest(r.skus, r.quantities) f (sku, quantity)
         group by r.tenant_id, r.order_id, f.sku
      ), entries as materialized (
        select e.tenant_id, e.transaction_id, sum(e.amount) as sum from spillway.wallet_entries e
          join spillway.wallet_accounts a using (tenant_id, account_id)
         where a.role = 'user' group by e.tenant_id, e.transaction_id
      ), restored as materialized (
        select tenant_id, transaction_id, subject, -sum(amount) as sum
          from spillway.wallet_allocations where amount < 0
         group by tenant_id, transaction_id, subject
      )
      select * from (values
        (1, 'every refund is of its order''s payment', (
          select count(*) from given g
            left join spillway.payments p using (tenant_id, order_id)
           where p.payment_id is null or (g.first, g.last) <> (p.payment_id::text, p.payment_id::text))),
        (2, 'no more went back than was paid', (
          select count(*) from given g join spillway.payments p using (tenant_id, order_id)
           where g.sum > p.amount)),
        (3, 'a refund is what its wallet got', (
          select count(*) from spillway.refunds r
            left join entries e on e.tenant_id = r.tenant_id and e.transaction_id = r.refund_id
            left join restored d on d.tenant_id = r.tenant_id and d.transaction_id = r.refund_id
              and d.subject = r.order_id
           where coalesce(e.sum, 0) <> r.amount or coalesce(d.sum, 0) <> r.amount)),
        (4, 'an order is undone when all that was paid is back', (
          select count(*) from spillway.orders o
            join spillway.payments p using (tenant_id, order_id)
            left join given g using (tenant_id, order_id)
           where case when o.status in ('CANCELLED', 'REFUNDED') then coalesce(g.sum, -1) <> p.amount
             else p.amount > 0 and coalesce(g.sum, 0) >= p.amount end)),
        (5, 'no more pieces came back than were ordered', (
          select count(*) from pieces b
            left join spillway.order_lines l using (tenant_id, order_id, sku)
           where l.sku is null or b.quantity > l.quantity)),
        (6, 'pieces that came back are on sale again', (
          select count(*) from (
            select tenant_id, sku, sum(restocked) as quantity from pieces group by tenant_id, sku) b
            full join (
              select tenant_id, sku, sum(moved) as quantity from spillway.stock_movements
               where kind = 'return' group by tenant_id, sku) m using (tenant_id, sku)
           where coalesce(b.quantity, 0) <> coalesce(m.quantity, 0))),
        (7, 'what was never shipped is on sale again, or withheld, when its order is undone', (
          select count(*) from spillway.orders o
            join (select tenant_id, order_id, sku, sum(quantity) as quantity
                    from spillway.order_lines group by tenant_id, order_id, sku) l
              using (tenant_id, order_id)
            left join pieces b using (tenant_id, order_id, sku)
           where o.status in ('CANCELLED', 'REFUNDED') and o.paid_at is not null
             and o.fulfilled_at is null
             and coalesce(b.restocked, 0) + coalesce(b.withheld, 0) <> l.quantity))
      ) f (place, invariant, count) order by place
      """)

  /// Looks at all refunds, as of one moment.
  public func refundFaults() async throws(PostgresError) -> [RefundFault] {
    let rows = try await pool.query(Self.refundStatement, [], timeout: Self.timeout)
    return try rows.map { row throws(PostgresError) in
      RefundFault(invariant: try row.decode("invariant"), count: try row.decode("count"))
    }
  }
}
