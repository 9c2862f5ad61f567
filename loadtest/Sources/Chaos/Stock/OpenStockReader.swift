internal import Domain
internal import HotPath
internal import Postgres

/// Reads what the ledger and Redis hold of adjusted open stock. Loop-confined.
struct OpenStockReader {
  let installation: Installation

  private static let movementStatement = Statement(
    "chaos.movements",
    """
    select movement_id, kind, reason, sku, moved,
      case when to_cell is null then -wanted else wanted end as wanted
    from spillway.stock_movements where tenant_id = $1 and reason like $2
    """)

  private static let accountStatement = Statement(
    "chaos.open_accounts",
    """
    select sku, received, taken, reserved, sold from spillway.stock_accounts
    where tenant_id = $1 and scope = spillway.open_scope() and sku = any($2)
    """)

  /// - Parameter prefix: begins the names of all adjustments of the round.
  /// - Throws: when Redis or Postgres cannot be read.
  func read(_ sales: [ChaosSale], prefix: String) async throws -> StockState {
    var state = StockState()
    let skus = Dictionary(grouping: sales, by: \.plan.tenant).mapValues { $0.flatMap(\.skus) }
    for (index, names) in skus {
      let tenant = ChaosTenant.all[index]
      try await readMovements(of: tenant, prefix, into: &state)
      try await readAccounts(of: tenant, names, into: &state)
    }
    return state
  }

  private func readMovements(
    of tenant: ChaosTenant, _ prefix: String, into state: inout StockState
  ) async throws {
    let rows = try await installation.pool.query(
      Self.movementStatement, [.text(tenant.tenant.id.description), .text("\(prefix)%")])
    for row in rows {
      let id = try row.decode("movement_id", as: PostgresUUID.self)
      state.movements[try row.decode("reason", as: String.self), default: []].append(
        RecordedMovement(
          movement: Identifier(id), kind: try row.decode("kind"),
          sku: try row.decode("sku"), wanted: try row.decode("wanted"),
          moved: try row.decode("moved", as: Int?.self)))
    }
  }

  private func readAccounts(
    of tenant: ChaosTenant, _ names: [String], into state: inout StockState
  ) async throws {
    let rows = try await installation.pool.query(
      Self.accountStatement, [.text(tenant.tenant.id.description), .array(PostgresArray(names))])
    for row in rows {
      state.levels[try row.decode("sku", as: String.self)] = StockLevel(
        received: try row.decode("received"), taken: try row.decode("taken"),
        reserved: try row.decode("reserved"), sold: try row.decode("sold"))
    }
    let readings = try await StockReader.read(
      names.map { (.open, SKU($0)!) }, keys: tenant.keys, client: installation.client)
    for (name, account) in zip(names, readings.accounts) {
      state.levelsInRedis[name] = account?.level
    }
  }
}
