public import Domain
internal import Postgres

/// Stock on its way between two accounts, or between an account and the outside.
public struct StockMovement: Sendable, Equatable {
  /// Why stock moves.
  public enum Kind: String, Sendable, CaseIterable {
    /// Goods came in.
    case receipt
    /// What was counted differs from what was booked.
    case correction
    /// To a sale that opens.
    case saleOpen = "sale_open"
    /// Back from a sale that has closed.
    case saleClose = "sale_close"
  }

  /// One end of a movement that is not the outside.
  public struct End: Sendable, Equatable {
    public let cell: CellName
    public let scope: StockScope
  }

  public let id: Identifier
  public let kind: Kind
  public let reason: String
  /// Who wanted it.
  public let actor: String
  public let sku: SKU
  /// `nil` for the outside.
  public let source: End?
  /// `nil` for the outside.
  public let target: End?
  /// Pieces.
  public let wanted: Int
  /// Pieces that could be had; `nil` until the source's cell has said.
  public let moved: Int?
  public let createdAt: Instant
  public let finishedAt: Instant?
}

extension StockMovement {
  static let columns = """
    movement_id, kind, reason, actor, sku, from_cell, from_scope, to_cell, to_scope, wanted, moved, \
    created_at, finished_at
    """

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.identifier("movement_id")
    kind = try row.choice("kind")
    reason = try row.decode("reason")
    actor = try row.decode("actor")
    sku = try row.word("sku")
    source = try Self.end("from_cell", "from_scope", row)
    target = try Self.end("to_cell", "to_scope", row)
    wanted = try row.decode("wanted")
    moved = try row.decode("moved")
    createdAt = try row.instant("created_at")
    finishedAt = try row.optionalInstant("finished_at")
  }

  private static func end(
    _ cell: String, _ scope: String, _ row: PostgresRow
  ) throws(PostgresError) -> End? {
    guard try row.decode(cell, as: String?.self) != nil else { return nil }
    return End(cell: try row.cell(cell), scope: try row.scope(scope))
  }
}
