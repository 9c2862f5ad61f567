public import Domain
public import Postgres

extension LedgerAudit {
  /// What is wrong with stock and orders inside the ledger: how many of each, none when all is well.
  public struct StockFaults: Sendable, Equatable {
    public let accounts: Int
    public let orders: Int
    /// Accounts that gave away more than they received.
    public let uncovered: Int
    /// Movements whose entries do not add up to zero, or not to what was moved.
    public let unbalanced: Int
    /// Accounts whose entries are not what came in less what went out.
    public let unexplained: Int
    /// Accounts that reserve or sold something else than their orders say.
    public let miscounted: Int
    /// Orders without lines, or whose lines do not add up to them.
    public let incomplete: Int
    /// Orders placed with an idempotency key that another order of the cell has had shortly before.
    public let repeatedKeys: Int
    /// Orders that do not stand in the list of their status, or stand in one that is not theirs.
    public let misfiled: Int
    /// Pending orders that stand in no list of their deadline: nobody would ever cancel them.
    public let untimed: Int
  }

  private static let stockStatement = Statement(
    unprepared: """
      with used as (
        select o.tenant_id, o.cell, o.scope, l.sku,
            sum(l.quantity) filter (where o.status = 'PENDING') as reserved,
            sum(l.quantity) filter (where o.paid_at is not null) as sold
          from spillway.orders o join spillway.order_lines l using (tenant_id, order_id)
         group by o.tenant_id, o.cell, o.scope, l.sku
      ), booked as (
        select tenant_id, cell, scope, sku, sum(quantity) as quantity
          from spillway.stock_entries where cell is not null group by tenant_id, cell, scope, sku
      ), distances as (
        select created_at - lag(created_at) over (
            partition by cell, idempotency_digest order by created_at) as distance
          from spillway.orders where idempotency_digest is not null
      )
      select (select count(*) from spillway.stock_accounts) as accounts,
        (select count(*) from spillway.orders) as orders,
        (select count(*) from spillway.stock_accounts
          where least(received, taken, reserved, sold, received - taken - reserved - sold) < 0
        ) as uncovered,
        (select count(*) from spillway.stock_movements m
          left join (select tenant_id, movement_id, sum(quantity) as sum,
              sum(quantity) filter (where side = 'credit') as credit
            from spillway.stock_entries group by tenant_id, movement_id) e
            using (tenant_id, movement_id)
          where coalesce(e.sum, 0) <> 0 or coalesce(e.credit, 0) <> coalesce(m.moved, 0)
        ) as unbalanced,
        (select count(*) from spillway.stock_accounts a
          full join booked b using (tenant_id, cell, scope, sku)
          where a.sku is null or a.received - a.taken <> coalesce(b.quantity, 0)) as unexplained,
        (select count(*) from spillway.stock_accounts a
          full join used u using (tenant_id, cell, scope, sku)
          where a.reserved is distinct from coalesce(u.reserved, 0)
            or a.sold is distinct from coalesce(u.sold, 0)) as miscounted,
        (select count(*) from spillway.orders o
          left join (select tenant_id, order_id, sum(quantity * unit_price) as sum
            from spillway.order_lines group by tenant_id, order_id) l using (tenant_id, order_id)
          where l.sum is distinct from o.subtotal) as incomplete,
        (select count(*) from distances
          where distance < $1::bigint * interval '1 millisecond') as repeated,
        (select count(*) from spillway.orders o
          full join spillway.orders_by_status l using (tenant_id, order_id)
          where l.status is distinct from nullif(o.status, 'PENDING')) as misfiled,
        (select count(*) from (
          select tenant_id, cell, date_trunc('milliseconds', reserved_until), order_id
            from spillway.orders where status = 'PENDING'
          except
          select tenant_id, cell, deadline, unnest(order_ids)
            from spillway.order_deadlines) as d) as untimed
      """)

  /// Looks at all stock and all orders.
  ///
  /// - Parameter life: how long an idempotency key counts.
  public func stockFaults(keyLife life: Duration) async throws(PostgresError) -> StockFaults {
    let rows = try await pool.query(
      Self.stockStatement, [CellStore.milliseconds(life)], timeout: Self.timeout)
    let row = rows[0]
    return StockFaults(
      accounts: try row.decode("accounts"), orders: try row.decode("orders"),
      uncovered: try row.decode("uncovered"), unbalanced: try row.decode("unbalanced"),
      unexplained: try row.decode("unexplained"), miscounted: try row.decode("miscounted"),
      incomplete: try row.decode("incomplete"), repeatedKeys: try row.decode("repeated"),
      misfiled: try row.decode("misfiled"), untimed: try row.decode("untimed"))
  }

  /// Pending orders whose time is over for longer than `grace`.
  public func overdueOrders(grace: Duration) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      """
      select count(*) from spillway.orders
       where status = 'PENDING'
         and reserved_until < clock_timestamp() - $1::bigint * interval '1 millisecond'
      """, [CellStore.milliseconds(grace)])
    return try rows[0].decode(0)
  }
}
