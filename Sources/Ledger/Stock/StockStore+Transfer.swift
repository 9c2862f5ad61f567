public import Domain
public import Postgres

extension StockStore {
  /// A transfer between two locations as an operator asks for it.
  public struct Transfer: Sendable, Equatable {
    /// Names the movement; the same id is taken once.
    public let id: Identifier
    public let sku: SKU
    public let source: LocationStore.Location
    public let target: LocationStore.Location
    /// Pieces, above 0.
    public let quantity: Int
    public let reason: String
    public let user: UserID

    /// To another market.
    public var isAbroad: Bool { source.market != target.market }

    public init(
      id: Identifier, sku: SKU, source: LocationStore.Location, target: LocationStore.Location,
      quantity: Int, reason: String, user: UserID
    ) {
      self.id = id
      self.sku = sku
      self.source = source
      self.target = target
      self.quantity = quantity
      self.reason = reason
      self.user = user
    }
  }

  /// How a transfer was taken.
  public enum TransferOutcome: Sendable, Equatable {
    /// Within a market it is done. Between two, the cell of the first says how much of it is free.
    case taken(StockMovement)
    /// Less than that lies there.
    case short
    /// The SKU has no price in the other market.
    case notSold
  }

  /// Moves goods from one location to another.
  ///
  /// Within a market nothing changes for those who sell and buy. Goods for another market leave the stock of
  /// the first, as far as they are free there.
  /// - Parameters:
  ///   - cell: the shared cell of the first location's market.
  ///   - targetCell: that of the other's.
  /// - Throws: a unique violation when the transfer's id was taken before.
  public func transfer(
    _ transfer: Transfer, from cell: CellName, to targetCell: CellName, of tenant: TenantID
  ) async throws(PostgresError) -> TransferOutcome {
    let rows = try await pool.query(
      Self.statement(of: transfer), Self.values(of: transfer, cell, targetCell, tenant))
    guard try rows[0].decode(0, as: Bool.self) else {
      return transfer.isAbroad ? .notSold : .short
    }
    guard let movement = try await movement(transfer.id, of: tenant) else {
      throw .decoding(column: "movement_id", reason: "is gone although movements stay")
    }
    return .taken(movement)
  }

  /// Does the same in a transaction that does more; false when nothing was moved: between markets the SKU
  /// has no price in the other, within one there is too little.
  ///
  /// - Throws: a unique violation when the transfer's id was taken before.
  public func book(
    _ transfer: Transfer, from cell: CellName, to targetCell: CellName, of tenant: TenantID,
    in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Bool {
    let rows = try await transaction.query(
      Self.statement(of: transfer), Self.values(of: transfer, cell, targetCell, tenant))
    return try rows[0].decode(0, as: Bool.self)
  }

  private static func statement(of transfer: Transfer) -> Statement {
    precondition(transfer.quantity > 0, "a transfer of nothing")
    return transfer.isAbroad ? transferAbroadStatement : transferStatement
  }

  private static func values(
    of transfer: Transfer, _ cell: CellName, _ targetCell: CellName, _ tenant: TenantID
  ) -> [PostgresValue] {
    let values: [PostgresValue] = [
      .text(tenant.description), .uuid(transfer.id.uuid), .text(cell.text),
      .text(transfer.sku.description), .uuid(transfer.source.id.uuid),
      .uuid(transfer.target.id.uuid), .int8(Int64(transfer.quantity)), .text(transfer.reason),
      .text(transfer.user.description),
    ]
    guard transfer.isAbroad else { return values }
    return values + [.text(transfer.target.market.description), .text(targetCell.text)]
  }
}
