internal import Postgres

extension OrderSnapshot {
  /// The orders `o` of the cell $1. Where its scopes are few, an index tells which stretches of the table may have
  /// any of these: a cell of one sale does not read what all others sold.
  private static func orders(_ isNarrow: Bool, scopes parameter: String) -> String {
    """
    o.tenant_id = (select tenant_id from spillway.cells where cell = $1) and o.cell = $1
      \(isNarrow ? "and o.scope = any(\(parameter))" : "")
    """
  }

  /// That the orders `o` are of the last so many days. Both bounds are computed once, not for each order.
  ///
  /// Ids begin with the instant of their making, by the clock of their cell, or of some node: an hour is allowed for.
  /// Where an index of scopes leads to the orders, that of ids would only be read beside it, all days of the tenant.
  private static func isRecent(_ isNarrow: Bool, days parameter: String) -> String {
    let start = """
      date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'
        - (\(parameter)::bigint - 1) * interval '1 day'
      """
    let instant = "o.created_at >= (select \(start))"
    let id = "o.order_id > (select spillway.id_at(\(start) - interval '1 hour'))"
    return isNarrow ? instant : "\(id) and \(instant)"
  }

  static let todayStatement = Statement(
    unprepared: "select ((now() at time zone 'UTC')::date - date '1970-01-01')::bigint")

  /// What a cell keeps of the orders `o`.
  private static let keptColumns = """
    o.order_id, o.created_at, o.scope, o.user_id, o.reserved_until, o.currency, o.idempotency_digest, \
    o.idempotency_fingerprint, o.terms, \(OrderRecord.lineColumns)
    """

  static let heldStatement = Statement(
    unprepared: """
      select \(keptColumns)
        from (
          select d.tenant_id, f.id
            from spillway.order_deadlines d cross join lateral unnest(d.order_ids) f (id)
           where d.tenant_id = (select tenant_id from spillway.cells where cell = $1)
             and d.cell = $1) f
        cross join lateral (
          select o.* from spillway.orders o
           where o.tenant_id = f.tenant_id and o.order_id = f.id and o.status = 'PENDING' limit 1) o
      """)

  static func buyersQuery(_ isNarrow: Bool) -> String {
    """
    select o.scope, l.sku, o.user_id, sum(l.quantity)::bigint as quantity
      from spillway.orders o cross join lateral \(OrderRecord.lineRows)
     where \(orders(isNarrow, scopes: "$3")) and l.sku = any($2) and \(OrderStore.isCounted)
     group by o.scope, l.sku, o.user_id
    """
  }

  static func answersQuery(_ isNarrow: Bool) -> String {
    """
    select \(keptColumns)
      from spillway.orders o
     where \(orders(isNarrow, scopes: "$3")) and o.idempotency_digest is not null
       and (o.status <> 'PENDING' or o.idempotency_digest <> spillway.key_of(o.order_id))
       and \(isRecent(isNarrow, days: "$2"))
    """
  }

  static func dayCountsQuery(_ isNarrow: Bool) -> String {
    """
    select n.day, s.product_id, sum(n.quantity)::bigint as quantity
      from (
        select o.tenant_id, (o.created_at at time zone 'UTC')::date - date '1970-01-01' as day,
            l.sku, sum(l.quantity) as quantity
          from spillway.orders o cross join lateral \(OrderRecord.lineRows)
         where \(orders(isNarrow, scopes: "$3")) and \(isRecent(isNarrow, days: "$2"))
           and \(OrderStore.isCounted)
         group by 1, 2, 3) n
      join spillway.skus s using (tenant_id, sku)
     group by n.day, s.product_id
    """
  }
}
