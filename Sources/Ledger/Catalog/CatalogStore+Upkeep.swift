public import Domain
public import Postgres

extension CatalogStore {
  /// Lets sale prices begin and end whose time has come, at most `limit` of each.
  ///
  /// - Returns: the SKUs whose prices were settled.
  public func advanceSalePrices(limit: Int) async throws(PostgresError) -> Int {
    let rows = try await pool.query(Self.advanceStatement, [.int8(Int64(limit))])
    return try rows[0].decode(0)
  }

  /// Takes the turn to count what is popular in a market; false when somebody did within `interval`.
  public func beginPopularityCount(
    in market: Market, of tenant: TenantID, interval: Duration
  ) async throws(PostgresError) -> Bool {
    let rows = try await pool.query(
      Self.beginCountStatement,
      [.text(tenant.description), .text(market.description), CellStore.milliseconds(interval)])
    return try rows[0].decode(0)
  }

  /// Sets how many pieces of products were ordered of late in a market; of all others, none.
  ///
  /// - Returns: the products whose number is another one now.
  public func setPopularity(
    _ pieces: [(product: Identifier, pieces: Int)], in market: Market, of tenant: TenantID
  ) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      Self.setPopularityStatement,
      [
        .text(tenant.description), .text(market.description),
        .array(pieces.map(\.product.uuid)), .array(pieces.map(\.pieces)),
      ])
    return try rows[0].decode(0)
  }
}
