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
    /// Goods of a paid order came back.
    case `return`
    /// From one location to another.
    case transfer
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
  /// What lies at each location more, or below zero less, because of it; none within a market.
  public let places: [Place]

  /// Pieces that came to a location or left it.
  public struct Place: Sendable, Equatable {
    public let location: Identifier
    public let change: Int
  }
}

extension StockMovement {
  static let columns = """
    movement_id, kind, reason, actor, sku, from_cell, from_scope, to_cell, to_scope, wanted, moved, \
    created_at, finished_at, \
    array(select location_id from \(entries) order by entry_id) as locations, \
    array(select quantity from \(entries) order by entry_id) as changes
    """

  private static let entries = """
    spillway.location_entries e where e.tenant_id = m.tenant_id and e.subject = m.movement_id \
    and e.location_id is not null
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
    let locations = try row.decode("locations", as: [PostgresUUID].self)
    places = zip(locations, try row.decode("changes", as: [Int].self)).map { location, change in
      Place(location: Identifier(location), change: change)
    }
  }

  private static func end(
    _ cell: String, _ scope: String, _ row: PostgresRow
  ) throws(PostgresError) -> End? {
    guard try row.decode(cell, as: String?.self) != nil else { return nil }
    return End(cell: try row.cell(cell), scope: try row.scope(scope))
  }
}
