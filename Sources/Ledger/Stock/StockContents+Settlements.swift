public import Domain
public import Postgres

extension StockContents {
  /// An order and the accounts that its lines are of.
  public struct Settlement: Sendable, Equatable {
    public let order: Identifier
    public let scope: StockScope
    public let skus: [SKU]
  }

  /// Those of the orders that are the cell's.
  public func settlements(
    _ ids: [Identifier], of cell: CellName
  ) async throws(PostgresError) -> [Settlement] {
    let rows = try await query(Self.settlementsStatement, [.text(cell.text), Self.ids(ids)])
    return try rows.map { row throws(PostgresError) in
      var skus: [SKU] = []
      for name in try row.decode("skus", as: [String].self) {
        guard let sku = SKU(name) else {
          throw .decoding(column: "skus", reason: "holds what no version wrote")
        }
        skus.append(sku)
      }
      return Settlement(
        order: try row.identifier("order_id"), scope: try row.scope("scope"), skus: skus)
    }
  }
}
