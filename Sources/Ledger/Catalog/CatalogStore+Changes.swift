public import Domain
public import Postgres

extension CatalogStore {
  /// Something that changed in a catalogue.
  public struct Change: Sendable, Hashable {
    public let tenant: TenantID
    /// Nil for the categories.
    public let product: Identifier?
  }

  /// What one look at the changes saw.
  public struct Changes: Sendable, Equatable {
    public let changes: [Change]
    /// Where the next look begins.
    public let next: Int
    /// More changed than one look reads: all memories are to be dropped.
    public let isOverfull: Bool
  }

  /// What changed since a look that gave `next`.
  ///
  /// Each change is seen by the first look after its transaction ended, and again as long as a
  /// transaction that began before it goes on.
  /// - Parameter next: nil for the first look, which sees no changes.
  public func changes(
    since next: Int?, limit: Int
  ) async throws(PostgresError) -> Changes {
    let rows = try await pool.query(
      Self.changesStatement, [.int8(Int64(next ?? .max)), .int8(Int64(limit))])
    var changes: [Change] = []
    for row in rows {
      guard let tenant = try row.decode("tenant_id", as: String?.self) else { continue }
      guard let tenant = TenantID(tenant) else {
        throw .decoding(column: "tenant_id", reason: "holds what no version wrote")
      }
      changes.append(
        Change(
          tenant: tenant,
          product: try row.decode("product_id", as: PostgresUUID?.self).map(Identifier.init)))
    }
    return Changes(
      changes: changes, next: try rows[0].decode("next"), isOverfull: changes.count == limit)
  }

  /// Drops notes of changes that are older than `age`, at most `limit`. Returns how many.
  public func forgetChanges(
    olderThan age: Duration, limit: Int
  ) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      Self.forgetStatement, [CellStore.milliseconds(age), .int8(Int64(limit))])
    return try rows[0].decode(0)
  }
}
