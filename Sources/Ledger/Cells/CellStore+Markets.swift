public import Domain
public import Postgres

extension CellStore {
  private static let sellingStatement = Statement(
    "cells_selling",
    """
    select cell from spillway.cells where tenant_id = $1 and cell = $3
    union
    select cell from spillway.sales
     where tenant_id = $1 and market = $2 and closes_at > now() - $4 * interval '1 millisecond'
    """)

  /// The cells in which goods of a market were sold within the last `span`: its shared one, and those
  /// of sales that had one of their own.
  ///
  /// - Parameter shared: the market's shared cell; left out where it does not exist.
  public func selling(
    in market: Market, of tenant: TenantID, shared: CellName, span: Duration
  ) async throws(PostgresError) -> [CellName] {
    let rows = try await pool.query(
      Self.sellingStatement,
      [
        .text(tenant.description), .text(market.description), .text(shared.text),
        Self.milliseconds(span),
      ])
    return try rows.map { row throws(PostgresError) in try row.cell("cell") }
  }
}
