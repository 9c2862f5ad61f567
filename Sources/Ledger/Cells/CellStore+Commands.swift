public import Domain
public import Postgres

/// What the ledger tells a cell. Each kind is idempotent: applying one twice changes nothing.
public struct CellCommand: Sendable, Equatable {
  /// The subject, a campaign, is new or changed.
  public static let putCampaign = "campaign.put"
  /// The subject, a recall, took coupons of a user back.
  public static let recallCoupons = "coupon.recall"
  /// The subject, an account of stock, is new or changed.
  public static let putStock = "stock.put"
  /// The subject, a sale, is new or changed.
  public static let putSale = "sale.put"
  /// The subject, a movement, wants stock out of one of the cell's accounts.
  public static let takeStock = "stock.take"
  /// The subject, an order, was cancelled: what it reserves is free again.
  public static let releaseOrder = "order.release"
  /// The subject, an order, was paid: what it reserves is sold.
  public static let commitOrder = "order.commit"
  /// Redis has been found to lack what the ledger has: it is to be made anew.
  public static let rebuildCell = "cell.rebuild"

  /// The kinds that this version knows.
  public static let kinds: Set<String> = [
    putCampaign, recallCoupons, putStock, putSale, takeStock, releaseOrder, commitOrder,
    rebuildCell,
  ]

  /// Those that were written for many subjects at once share it.
  public let id: Int
  public let kind: String
  public let subject: Identifier
}

extension CellStore {
  /// The cells that have commands to be applied.
  public func cellsWithCommands() async throws(PostgresError) -> [CellName] {
    let rows = try await pool.query(Self.cellsWithCommandsStatement)
    var cells: [CellName] = []
    for row in rows {
      if let cell = CellName(try row.decode(0, as: String.self)) { cells.append(cell) }
    }
    return cells
  }

  /// The oldest commands to be applied to a cell, in order: about `limit`, since those that share an id
  /// stay together.
  public func commands(
    of cell: CellName, limit: Int
  ) async throws(PostgresError) -> [CellCommand] {
    let rows = try await pool.query(
      Self.commandsStatement, [.text(cell.text), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in
      CellCommand(
        id: try row.decode("command_id"), kind: try row.decode("kind"),
        subject: Identifier(try row.decode("subject", as: PostgresUUID.self)))
    }
  }

  /// Drops up to `limit` commands that were applied longer than `age` ago.
  ///
  /// - Returns: how many there were.
  public func forgetCommands(appliedBefore age: Duration, limit: Int) async throws(PostgresError)
    -> Int
  {
    let rows = try await pool.query(
      Self.forgetStatement, [Self.milliseconds(age), .int8(Int64(limit))])
    return try rows[0].decode(0)
  }

  /// Notes that commands were applied, unless somebody else holds the cell by now.
  public func markApplied(
    _ commands: [CellCommand], of cell: CellName, as reconciler: String
  ) async throws(PostgresError) {
    _ = try await pool.query(
      Self.markStatement,
      [.array(Array(Set(commands.map(\.id)))), .text(cell.text), .text(reconciler)])
  }
}
