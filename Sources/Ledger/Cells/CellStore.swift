public import Domain
public import Postgres

/// The ledger's side of cells: who may work on them, how far their facts have come, what they are
/// told.
///
/// Whatever changes a cell names the reconciler that believes to hold it, and does nothing when that
/// is no longer so: a reconciler that slept cannot do harm when it wakes.
public struct CellStore {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// All cells, by name.
  public func list() async throws(PostgresError) -> [CellRecord] {
    let rows = try await pool.query(Self.listStatement)
    return try rows.map { row throws(PostgresError) in try CellRecord(row) }
  }

  /// A tenant's cells by name, behind the cell `after`.
  public func list(
    of tenant: TenantID, after cell: CellName?, limit: Int
  ) async throws(PostgresError) -> [CellRecord] {
    let rows = try await pool.query(
      Self.tenantListStatement,
      [.text(tenant.description), .text(cell?.text ?? ""), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try CellRecord(row) }
  }

  /// One cell; `nil` when there is none of the name.
  public func find(_ cell: CellName) async throws(PostgresError) -> CellRecord? {
    try Self.first(try await pool.query(Self.findStatement, [.text(cell.text)]))
  }

  /// What the keys of orders of the cell's tenant are salted with: see ``Tenant/keySalt``; nil without the cell.
  public func keySalt(of cell: CellName) async throws(PostgresError) -> Identifier? {
    let rows = try await pool.query(Self.keySaltStatement, [.text(cell.text)])
    return rows.isEmpty ? nil : try rows[0].identifier("key_salt")
  }

  // MARK: Holding

  /// Takes up to `limit` cells that nobody holds, for `hold` from now.
  public func acquire(
    as reconciler: String, hold: Duration, limit: Int
  ) async throws(PostgresError) -> [CellRecord] {
    let rows = try await pool.query(
      Self.acquireStatement, [.text(reconciler), Self.milliseconds(hold), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try CellRecord(row) }
  }

  /// Takes a cell away from whoever holds it; `nil` when there is no such cell.
  public func seize(
    _ cell: CellName, as reconciler: String, hold: Duration
  ) async throws(PostgresError) -> CellRecord? {
    try Self.first(
      try await pool.query(
        Self.seizeStatement, [.text(cell.text), .text(reconciler), Self.milliseconds(hold)]))
  }

  /// Holds a cell for `hold` from now; `nil` when somebody else holds it.
  public func renew(
    _ cell: CellName, as reconciler: String, hold: Duration
  ) async throws(PostgresError) -> CellRecord? {
    try Self.first(
      try await pool.query(
        Self.renewStatement, [.text(cell.text), .text(reconciler), Self.milliseconds(hold)]))
  }

  /// Holds those of the cells for `hold` from now that the reconciler holds and nobody works on just now.
  ///
  /// - Returns: these.
  public func renew(
    _ cells: [CellName], as reconciler: String, hold: Duration
  ) async throws(PostgresError) -> [CellRecord] {
    let rows = try await pool.query(
      Self.renewTogetherStatement,
      [.array(cells.map(\.text)), .text(reconciler), Self.milliseconds(hold)])
    return try rows.map { row throws(PostgresError) in try CellRecord(row) }
  }

  /// Gives up one cell, or all that the reconciler holds.
  public func release(
    _ cell: CellName? = nil, as reconciler: String
  ) async throws(PostgresError) {
    _ = try await pool.query(
      Self.releaseStatement, [.text(reconciler), .optional(cell?.text)])
  }

  // MARK: Opening and closing

  /// Vouches for a new lease of the cell; `nil` when somebody else holds it.
  ///
  /// - Parameter epoch: the new epoch is above this one and above the last.
  public func open(
    _ cell: CellName, as reconciler: String, above epoch: Int, runID: String, hold: Duration
  ) async throws(PostgresError) -> CellRecord? {
    try Self.first(
      try await pool.query(
        Self.openStatement,
        [
          .text(cell.text), .text(reconciler), .int8(Int64(epoch)), .text(runID),
          Self.milliseconds(hold),
        ]))
  }

  /// Notes why the cell is closed; `nil` when somebody else holds it.
  ///
  /// - Parameter halting: it stays closed until all its facts can be taken.
  public func close(
    _ cell: CellName, as reconciler: String, because reason: String, halting: Bool, hold: Duration
  ) async throws(PostgresError) -> CellRecord? {
    try Self.first(
      try await pool.query(
        Self.closeStatement,
        [
          .text(cell.text), .text(reconciler), .text(reason), .bool(halting),
          Self.milliseconds(hold),
        ]))
  }

  private static func first(_ rows: PostgresRows) throws(PostgresError) -> CellRecord? {
    rows.isEmpty ? nil : try CellRecord(rows[0])
  }

  static func milliseconds(_ duration: Duration) -> PostgresValue {
    .int8(duration.wholeMilliseconds)
  }
}
