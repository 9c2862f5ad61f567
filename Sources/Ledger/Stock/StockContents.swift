public import Domain
public import Postgres

/// What the ledger holds of a cell's stock and sales, in pages, for the cell to be told or rebuilt.
///
/// A rebuild reads all of it, and its orders (``OrderSnapshot``), in one snapshot: what an order reserves and what
/// its account says are then of one moment.
public struct StockContents {
  let query: (Statement, [PostgresValue]) async throws(PostgresError) -> PostgresRows

  /// Each read sees the ledger as it is then.
  public init(pool: PostgresPool) {
    query = { statement, values async throws(PostgresError) in
      try await pool.query(statement, values)
    }
  }

  /// All reads see what the transaction sees.
  public init(transaction: PostgresTransaction) {
    query = { statement, values async throws(PostgresError) in
      try await transaction.query(statement, values)
    }
  }

  /// How far the cell's facts have come, and how many commands it has not applied yet.
  public func standing(
    of cell: CellName
  ) async throws(PostgresError) -> (cursor: CellRecord.Cursor, pending: Int)? {
    let rows = try await query(Self.standingStatement, [.text(cell.text)])
    guard let row = rows.first else { return nil }
    return (
      CellRecord.Cursor(milliseconds: try row.decode(0), sequence: try row.decode(1)),
      try row.decode(2)
    )
  }

  // MARK: Accounts

  /// The cell's accounts by scope and SKU, behind `after`.
  public func accounts(
    of cell: CellName, after: StockAccount?, limit: Int
  ) async throws(PostgresError) -> [StockAccount] {
    let rows = try await query(
      Self.accountsStatement,
      [
        .text(cell.text), .uuid((after?.scope ?? .open).stored),
        .text(after?.sku.description ?? ""), .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try StockAccount(row) }
  }

  /// The cell's accounts of the given ids.
  public func accounts(
    _ ids: [Identifier], of cell: CellName
  ) async throws(PostgresError) -> [StockAccount] {
    let rows = try await query(Self.someAccountsStatement, [.text(cell.text), Self.ids(ids)])
    return try rows.map { row throws(PostgresError) in try StockAccount(row) }
  }

  // MARK: Sales

  /// The cell's sales by id, behind `after`.
  public func sales(
    of cell: CellName, after: Identifier, limit: Int
  ) async throws(PostgresError) -> [Sale] {
    let rows = try await query(
      Self.salesStatement, [.text(cell.text), .uuid(after.uuid), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try SaleStore.record(row).sale }
  }

  /// The cell's sales of the given ids.
  public func sales(
    _ ids: [Identifier], of cell: CellName
  ) async throws(PostgresError) -> [Sale] {
    let rows = try await query(Self.someSalesStatement, [.text(cell.text), Self.ids(ids)])
    return try rows.map { row throws(PostgresError) in try SaleStore.record(row).sale }
  }

  // MARK: Movements

  /// A movement that waits for its cell to say how much of it can be had.
  public struct Take: Sendable, Equatable {
    public let movement: Identifier
    public let scope: StockScope
    public let sku: SKU
    /// Pieces.
    public let wanted: Int
  }

  /// Those of the movements that wait for the cell.
  public func takes(
    _ ids: [Identifier], of cell: CellName
  ) async throws(PostgresError) -> [Take] {
    let rows = try await query(Self.takesStatement, [.text(cell.text), Self.ids(ids)])
    return try rows.map { row throws(PostgresError) in
      Take(
        movement: try row.identifier("movement_id"), scope: try row.scope("from_scope"),
        sku: try row.word("sku"), wanted: try row.decode("wanted"))
    }
  }

  static func ids(_ ids: [Identifier]) -> PostgresValue { .array(ids.map(\.uuid)) }
}
