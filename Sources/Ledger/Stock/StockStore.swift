public import Domain
public import Postgres

/// Stock as operators see and change it.
public struct StockStore {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  // MARK: Accounts

  /// One account; `nil` when there is none.
  public func account(
    of sku: SKU, scope: StockScope, in cell: CellName, tenant: TenantID
  ) async throws(PostgresError) -> StockAccount? {
    let rows = try await pool.query(
      Self.accountStatement,
      [
        .text(tenant.description), .text(cell.text), .uuid(scope.stored), .text(sku.description),
      ])
    return rows.isEmpty ? nil : try StockAccount(rows[0])
  }

  /// All accounts of a SKU: of every market, and of every sale that has it or had it.
  public func accounts(
    of sku: SKU, tenant: TenantID
  ) async throws(PostgresError) -> [StockAccount] {
    let rows = try await pool.query(
      Self.accountsStatement, [.text(tenant.description), .text(sku.description)])
    return try rows.map { row throws(PostgresError) in try StockAccount(row) }
  }

  // MARK: Movements

  /// A receipt or correction of open stock as an operator asks for it.
  public struct Adjustment: Sendable, Equatable {
    /// Names the movement; the same id is taken once.
    public let id: Identifier
    public let kind: StockMovement.Kind
    public let sku: SKU
    public let market: Market
    /// The shared cell of the market.
    public let cell: CellName
    /// Pieces, not 0: above 0 they come in, below 0 they go out.
    public let change: Int
    public let reason: String
    public let user: UserID
    /// Where the goods lie or are to lie: one of the market's; nil for where they come to first, or are
    /// taken from first.
    public let location: Identifier?

    public init(
      id: Identifier, kind: StockMovement.Kind, sku: SKU, market: Market, cell: CellName,
      change: Int, reason: String, user: UserID, location: Identifier? = nil
    ) {
      self.location = location
      self.id = id
      self.kind = kind
      self.sku = sku
      self.market = market
      self.cell = cell
      self.change = change
      self.reason = reason
      self.user = user
    }
  }

  /// How an adjustment was taken.
  public enum AdjustmentOutcome: Sendable, Equatable {
    /// What came in is booked and the cell is being told; or what goes out is asked for, and the
    /// movement is done when the cell has said how much there is.
    case taken(StockMovement)
    /// There is no such SKU, or it has no price in the market.
    case notSold
  }

  /// Books a receipt, or asks the cell for what is to go out.
  ///
  /// What comes in counts at once. What goes out is decided by the cell, for only there it is known what
  /// is still free: less than asked for may be moved, and ``movement(_:of:)`` tells when and how much.
  /// - Throws: a unique violation when the adjustment's id was taken before.
  public func adjust(
    _ adjustment: Adjustment, of tenant: TenantID
  ) async throws(PostgresError) -> AdjustmentOutcome {
    let rows = try await pool.query(
      Self.statement(of: adjustment), Self.values(of: adjustment, tenant))
    guard try rows[0].decode(0, as: Bool.self) else { return .notSold }
    guard let movement = try await movement(adjustment.id, of: tenant) else {
      throw .decoding(column: "movement_id", reason: "is gone although movements stay")
    }
    return .taken(movement)
  }

  /// Does the same in a transaction that does more; false when the SKU is not sold in the market.
  ///
  /// - Throws: a unique violation when the adjustment's id was taken before.
  public func book(
    _ adjustment: Adjustment, of tenant: TenantID, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Bool {
    let rows = try await transaction.query(
      Self.statement(of: adjustment), Self.values(of: adjustment, tenant))
    return try rows[0].decode(0, as: Bool.self)
  }

  private static func statement(of adjustment: Adjustment) -> Statement {
    precondition(adjustment.change != 0, "an adjustment of nothing")
    return adjustment.change > 0 ? receiveStatement : requestStatement
  }

  private static func values(of adjustment: Adjustment, _ tenant: TenantID) -> [PostgresValue] {
    [
      .text(tenant.description), .uuid(adjustment.id.uuid), .text(adjustment.kind.rawValue),
      .text(adjustment.cell.text), .text(adjustment.sku.description),
      .int8(Int64(adjustment.change.magnitude)), .text(adjustment.reason),
      .text(adjustment.user.description), .text(adjustment.market.description),
      .optional(adjustment.location?.uuid),
    ]
  }

  /// One movement; `nil` when there is none of this id.
  public func movement(
    _ id: Identifier, of tenant: TenantID
  ) async throws(PostgresError) -> StockMovement? {
    let rows = try await pool.query(
      Self.movementStatement, [.text(tenant.description), .uuid(id.uuid)])
    return rows.isEmpty ? nil : try StockMovement(rows[0])
  }

  /// The movements of a SKU, newest first, before the movement `cursor`.
  public func movements(
    of sku: SKU, tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [StockMovement] {
    let rows = try await pool.query(
      Self.movementsStatement,
      [
        .text(tenant.description), .text(sku.description), .uuid((cursor ?? .last).uuid),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try StockMovement(row) }
  }
}
