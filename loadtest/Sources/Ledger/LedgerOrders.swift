internal import Domain
internal import EventLoop
internal import Postgres

/// A row of the orders table.
struct LedgerOrder: Sendable, Equatable {
  let order: Identifier
  let user: String
  let status: OrderStatus
  /// Minor units.
  let total: Int
  /// From the deadline to the cancellation, in seconds, where it was cancelled.
  let cancelledAfter: Double?
}

/// Reads a sale's orders from Postgres, and pays some of them there, for a scenario that is about what is
/// reserved and not about wallets. Loop-confined.
final class LedgerOrders {
  private static let pageSize = 10_000
  private static let batchSize = 1_000
  static let pollInterval: Duration = .milliseconds(20)

  private let pool: PostgresPool
  private let loop: EventLoop
  private let sale: PostgresValue
  private let tenant: PostgresValue

  /// - Throws: `ScenarioError` when the database cannot be reached.
  init(url: String, tenant: TenantID, sale: Identifier, loop: EventLoop) async throws(ScenarioError)
  {
    self.loop = loop
    self.sale = sale.uuid
    self.tenant = .text(tenant.description)
    do throws(PostgresError) {
      pool = try await PostgresPool.ready(url: url, connections: 2, loop: loop)
    } catch {
      throw ScenarioError("cannot reach the ledger: \(error)")
    }
  }

  func close() { pool.close() }

  private static let pageStatement = Statement(
    "loadtest.orders",
    """
    select order_id, user_id, status, total,
      extract(epoch from cancelled_at - reserved_until)::float8 as cancelled_after
    from spillway.orders
    where tenant_id = $1 and scope = $2 and order_id > $3 order by order_id limit $4
    """)

  // Chance that follows from the user's name alone: who keeps an order keeps it however often one asks.
  private static let payStatement = Statement(
    "loadtest.pay",
    """
    select cardinality(spillway.pay_orders($1, array(
      select order_id from spillway.orders
      where tenant_id = $1 and scope = $2 and status = 'PENDING'
        and ('x' || substr(md5(user_id), 1, 6))::bit(24)::int % 100 >= $3::bigint
      limit $4))) as paid
    """)

  private static let pendingStatement = Statement(
    "loadtest.pending",
    """
    select count(*) from spillway.orders
    where tenant_id = $1 and scope = $2 and status = 'PENDING'
    """)

  /// Pays pending orders of the share of users that do not abandon theirs.
  ///
  /// - Returns: how many were paid.
  func pay(abandonPercent: Int) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      Self.payStatement,
      [tenant, sale, .int8(Int64(abandonPercent)), .int8(Int64(Self.batchSize))])
    return try rows[0].decode("paid", as: Int.self)
  }

  /// Waits until no order is pending; returns how many are, after `deadline` at the latest.
  func waitUntilSettled(deadline: Duration) async throws(PostgresError) -> Int {
    let end = loop.milliseconds + deadline.milliseconds
    while true {
      let rows = try await pool.query(Self.pendingStatement, [tenant, sale])
      let pending = try rows[0].decode(0, as: Int.self)
      if pending == 0 || loop.milliseconds >= end { return pending }
      await loop.sleep(for: Self.pollInterval)
    }
  }

  /// All orders of the sale.
  func all() async throws(PostgresError) -> [LedgerOrder] {
    var orders: [LedgerOrder] = []
    while true {
      let after = orders.last?.order ?? Identifier(high: 0, low: 0)
      let rows = try await pool.query(
        Self.pageStatement, [tenant, sale, after.uuid, .int8(Int64(Self.pageSize))])
      for row in rows {
        let status = try row.decode("status", as: String.self)
        guard let status = OrderStatus(rawValue: status) else {
          throw .decoding(column: "status", reason: "unknown: \(status)")
        }
        orders.append(
          LedgerOrder(
            order: Identifier(try row.decode("order_id", as: PostgresUUID.self)),
            user: try row.decode("user_id", as: String.self), status: status,
            total: try row.decode("total", as: Int.self),
            cancelledAfter: try row.decode("cancelled_after", as: Double?.self)))
      }
      if rows.count < Self.pageSize { return orders }
    }
  }
}
