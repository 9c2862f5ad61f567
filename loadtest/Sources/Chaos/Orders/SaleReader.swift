internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres

/// Reads what the ledger and Redis hold of a sale. Loop-confined.
struct SaleReader {
  let installation: Installation

  private static let pageSize = 10_000

  private static let pageStatement = Statement(
    "chaos.orders",
    """
    select order_id, user_id, status, subtotal, total, reason,
      round(extract(epoch from reserved_until) * 1000)::bigint as reserved_until,
      round(extract(epoch from paid_at) * 1000)::bigint as paid_at,
      round(extract(epoch from cancelled_at) * 1000)::bigint as cancelled_at,
      array(select sku from spillway.order_lines l where l.tenant_id = o.tenant_id
        and l.order_id = o.order_id order by position) as skus,
      array(select quantity from spillway.order_lines l where l.tenant_id = o.tenant_id
        and l.order_id = o.order_id order by position) as quantities
    from spillway.orders o
    where tenant_id = $1 and scope = $2 and order_id > $3 order by order_id limit $4
    """)

  private static let refundStatement = Statement(
    "chaos.refunds",
    """
    select r.order_id, r.amount, r.reason, r.skus, r.quantities, r.is_restocked
    from spillway.refunds r
    join spillway.orders o using (tenant_id, order_id)
    where o.tenant_id = $1 and o.scope = $2
    """)

  private static let pendingStatement = Statement(
    "chaos.pending_orders",
    """
    select count(*) from spillway.orders
    where tenant_id = $1 and scope = $2 and status = 'PENDING'
    """)

  private static let accountStatement = Statement(
    "chaos.accounts",
    """
    select sku, cell, received, taken, reserved, sold from spillway.stock_accounts
    where tenant_id = $1 and scope = $2
    """)

  /// Waits until no order of a sale is pending; returns how many are.
  func awaitLapses(of sale: ChaosSale, within limit: Duration) async -> Int {
    var pending = 0
    _ = await installation.loop.poll(within: limit, every: .milliseconds(20)) {
      let rows = try? await installation.pool.query(Self.pendingStatement, Self.names(of: sale))
      pending = (try? rows?[0].decode(0, as: Int.self)) ?? 1
      return pending == 0
    }
    return pending
  }

  /// - Throws: when Redis or Postgres cannot be read.
  func read(_ sale: ChaosSale) async throws -> SaleState {
    var state = SaleState()
    state.orders = try await orders(of: sale)
    let refunds = try await installation.pool.query(Self.refundStatement, Self.names(of: sale))
    for row in refunds { state.refunds.append(try Self.refund(row)) }
    let rows = try await installation.pool.query(Self.accountStatement, Self.names(of: sale))
    for name in sale.skus {
      for row in rows where try row.decode("sku", as: String.self) == name {
        state.levels.append(
          StockLevel(
            received: try row.decode("received"), taken: try row.decode("taken"),
            reserved: try row.decode("reserved"), sold: try row.decode("sold")))
      }
    }
    guard let cell = CellName(try rows[0].decode("cell", as: String.self)) else { return state }
    let readings = try await StockReader.read(
      sale.skus.map { (.sale(sale.id), SKU($0)!) }, keys: CellKeys(cell),
      client: installation.client)
    state.levelsInRedis = readings.accounts.map { $0?.level }
    return state
  }

  private func orders(of sale: ChaosSale) async throws(PostgresError) -> [RecordedOrder] {
    var orders: [RecordedOrder] = []
    while true {
      let after = orders.last?.order ?? Identifier(high: 0, low: 0)
      let page = try await installation.pool.query(
        Self.pageStatement,
        Self.names(of: sale) + [after.uuid, .int8(Int64(Self.pageSize))])
      for row in page { orders.append(try Self.order(row)) }
      if page.count < Self.pageSize { return orders }
    }
  }

  private static func order(_ row: PostgresRow) throws(PostgresError) -> RecordedOrder {
    let id = try row.decode("order_id", as: PostgresUUID.self)
    let status = try row.decode("status", as: String.self)
    guard let status = OrderStatus(rawValue: status) else {
      throw .decoding(column: "status", reason: "unknown: \(status)")
    }
    let skus = try row.decode("skus", as: [String].self)
    let quantities = try row.decode("quantities", as: [Int].self)
    return RecordedOrder(
      order: Identifier(id),
      user: try row.decode("user_id", as: String.self), status: status,
      subtotal: try row.decode("subtotal", as: Int.self),
      total: try row.decode("total", as: Int.self),
      lines: Dictionary(zip(skus, quantities), uniquingKeysWith: +),
      reason: try row.decode("reason", as: String?.self),
      reservedUntil: try row.decode("reserved_until", as: Int.self),
      paidAt: try row.decode("paid_at", as: Int?.self),
      cancelledAt: try row.decode("cancelled_at", as: Int?.self))
  }

  private static func refund(_ row: PostgresRow) throws(PostgresError) -> RecordedRefund {
    let id = try row.decode("order_id", as: PostgresUUID.self)
    let skus = try row.decode("skus", as: [String].self)
    let quantities = try row.decode("quantities", as: [Int].self)
    return RecordedRefund(
      order: Identifier(id),
      amount: try row.decode("amount", as: Int.self),
      reason: try row.decode("reason", as: String.self),
      lines: Dictionary(zip(skus, quantities), uniquingKeysWith: +),
      isRestocked: try row.decode("is_restocked", as: Bool.self))
  }

  private static func names(of sale: ChaosSale) -> [PostgresValue] {
    [.text(sale.tenant.tenant.id.description), sale.id.uuid]
  }
}
