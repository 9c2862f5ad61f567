internal import Postgres

extension StockContents {
  /// The cell's tenant, with which every key begins.
  private static let tenant = "(select tenant_id from spillway.cells where cell = $1)"

  static let standingStatement = Statement(
    "stock_contents_standing",
    """
    select cursor_milliseconds, cursor_sequence, (select count(*) from spillway.cell_commands c
        where c.cell = $1 and applied_at is null)
      from spillway.cells where cell = $1
    """)

  static let accountsStatement = Statement(
    "stock_contents_accounts",
    """
    select \(StockAccount.columns) from \(StockAccount.source)
     where a.tenant_id = \(tenant) and a.cell = $1 and (a.scope, a.sku) > ($2, $3)
     order by a.scope, a.sku limit $4
    """)

  static let someAccountsStatement = Statement(
    "stock_contents_accounts_of",
    """
    select \(StockAccount.columns) from \(StockAccount.source)
     where a.tenant_id = \(tenant) and a.cell = $1 and a.account_id = any($2)
    """)

  static let buyersStatement = Statement(
    "stock_contents_buyers",
    """
    select o.user_id, sum(l.quantity)::bigint
      from spillway.orders o cross join lateral \(OrderRecord.lineRows)
     where o.tenant_id = $1 and o.cell = $2 and o.scope = $3 and l.sku = $4 and o.user_id > $5
       and \(OrderStore.isCounted)
     group by o.user_id order by o.user_id limit $6
    """)

  static let salesStatement = Statement(
    "stock_contents_sales",
    """
    select \(SaleStore.columns) from spillway.sales s
     where tenant_id = \(tenant) and cell = $1 and sale_id > $2 order by sale_id limit $3
    """)

  static let someSalesStatement = Statement(
    "stock_contents_sales_of",
    """
    select \(SaleStore.columns) from spillway.sales s
     where tenant_id = \(tenant) and cell = $1 and sale_id = any($2)
    """)

  static let takesStatement = Statement(
    "stock_contents_takes",
    """
    select movement_id, from_scope, sku, wanted from spillway.stock_movements
     where tenant_id = \(tenant) and from_cell = $1 and movement_id = any($2) and state = 'PENDING'
    """)

  static let heldStatement = Statement(
    "stock_contents_held",
    """
    select o.order_id, o.created_at, f.deadline, o.scope, o.user_id, o.currency,
        \(OrderRecord.lineColumns), array(
          select a.per_user_limit > 0 from unnest(o.skus) with ordinality as l (sku, position)
          join spillway.stock_accounts a on a.tenant_id = o.tenant_id and a.cell = o.cell
            and a.scope = o.scope and a.sku = l.sku
         order by l.position) as counted
      from (
        select d.tenant_id, d.deadline, f.id
          from spillway.order_deadlines d cross join lateral unnest(d.order_ids) f (id)
         where d.tenant_id = \(tenant) and d.cell = $1 and d.deadline >= $2
           and (d.deadline, f.id) > ($2, $3)) f
      cross join lateral (
        select o.* from spillway.orders o
         where o.tenant_id = f.tenant_id and o.order_id = f.id and o.status = 'PENDING' limit 1) o
     order by f.deadline, o.order_id limit $4
    """)

  /// The first instant of the last so many days.
  private static func windowStart(days parameter: String) -> String {
    """
    with window_start as (
      select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'
        - (\(parameter)::bigint - 1) * interval '1 day' as start
    )
    """
  }

  // Ids begin with the instant of their making, by the clock of some node: an hour is allowed for.
  static let answersStatement = Statement(
    "stock_contents_answers",
    """
    \(windowStart(days: "$3"))
    select o.order_id, o.created_at, o.reserved_until, o.currency, o.idempotency_digest,
        o.idempotency_fingerprint, o.terms, \(OrderRecord.lineColumns)
      from window_start, spillway.orders o
     where o.tenant_id = \(tenant) and o.cell = $1 and o.idempotency_digest is not null
       and o.order_id > greatest($2, spillway.id_at(start - interval '1 hour'))
       and o.created_at >= start
     order by o.order_id limit $4
    """)

  static let dayCountsStatement = Statement(
    "stock_contents_day_counts",
    """
    \(windowStart(days: "$2"))
    select floor(extract(epoch from o.created_at) / 86400)::bigint as day, s.product_id,
        sum(l.quantity)::bigint as quantity
      from window_start, spillway.orders o
      cross join lateral \(OrderRecord.lineRows)
      join spillway.skus s using (tenant_id, sku)
     where o.tenant_id = \(tenant) and o.cell = $1
       and o.order_id > spillway.id_at(start - interval '1 hour')
       and o.created_at >= start and \(OrderStore.isCounted)
     group by day, s.product_id order by day, s.product_id
    """)

  static let settlementsStatement = Statement(
    "stock_contents_settlements",
    """
    select o.order_id, o.scope, o.skus from spillway.orders o
     where o.tenant_id = \(tenant) and o.cell = $1 and o.order_id = any($2)
    """)
}
