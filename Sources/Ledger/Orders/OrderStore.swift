public import Domain
public import Postgres

/// Orders as the ledger holds them. Those that a cell accepted a moment ago follow.
public struct OrderStore {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// One order of a tenant, or of one of its users; `nil` when there is none of this id.
  public func find(
    _ id: Identifier, of tenant: TenantID, user: UserID? = nil
  ) async throws(PostgresError) -> OrderRecord? {
    let rows = try await pool.query(
      Self.findStatement,
      [.text(tenant.description), .uuid(id.uuid), .optional(user?.description)])
    return rows.isEmpty ? nil : try OrderRecord(rows[0])
  }

  /// A user's orders, newest first, before the order `cursor`.
  public func history(
    of user: UserID, tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [OrderRecord] {
    let rows = try await pool.query(
      Self.historyStatement,
      [
        .text(tenant.description), .text(user.description), .uuid((cursor ?? .last).uuid),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try OrderRecord(row) }
  }

  /// A tenant's orders that `filter` lets through, newest first, before the order `cursor`.
  public func search(
    _ filter: OrderFilter, of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [OrderRecord] {
    let (statement, values) = Self.searchStatement(filter)
    let page: [PostgresValue] = [
      .text(tenant.description), .uuid((cursor ?? .last).uuid), .int8(Int64(limit)),
    ]
    let rows = try await pool.query(statement, page + values)
    return try rows.map { row throws(PostgresError) in try OrderRecord(row) }
  }

  // MARK: The end of a reservation

  /// How a wish to cancel ended.
  public enum Cancellation: Sendable, Equatable {
    /// It was pending and is cancelled; its cell is being told to give its stock back.
    case cancelled(OrderRecord)
    /// It is not pending: as it is.
    case notPending(OrderRecord)
    /// The ledger has no such order, or it is somebody else's. It may be on its way.
    case notFound
  }

  /// Cancels an order that is pending, in a transaction of its own.
  ///
  /// - Parameter user: whose it must be; `nil` for anybody's.
  public func cancel(
    _ id: Identifier, of tenant: TenantID, user: UserID?, reason: String
  ) async throws -> Cancellation {
    try await pool.transaction {
      try await cancel(id, of: tenant, user: user, reason: reason, in: $0)
    }
  }

  /// Cancels an order that is pending, under its row's lock: payment and cancellation cannot both win.
  ///
  /// - Parameter user: whose it must be; `nil` for anybody's.
  public func cancel(
    _ id: Identifier, of tenant: TenantID, user: UserID?, reason: String,
    in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Cancellation {
    let rows = try await transaction.query(
      Self.cancelStatement,
      [
        .text(tenant.description), .uuid(id.uuid), .optional(user?.description), .text(reason),
      ])
    guard let isCancelled = try rows[0].decode(0, as: Bool?.self) else { return .notFound }
    let order = try OrderRecord(
      try await transaction.query(
        Self.findStatement,
        [.text(tenant.description), .uuid(id.uuid), .optional(user?.description)])[0])
    return isCancelled ? .cancelled(order) : .notPending(order)
  }

  /// Cancels up to `limit` pending orders whose time is over by the ledger's clock, in one transaction
  /// with the release of their stock. May be run by several at once.
  ///
  /// - Returns: how many there were.
  public func cancelOverdue(limit: Int) async throws(PostgresError) -> Int {
    let rows = try await pool.query(Self.cancelOverdueStatement, [.int8(Int64(limit))])
    return try rows[0].decode(0)
  }

  /// Marks those of the orders that are pending as paid and counts their stock as sold.
  ///
  /// - Returns: those that were pending.
  public func markPaid(
    _ ids: [Identifier], of tenant: TenantID
  ) async throws(PostgresError) -> Set<Identifier> {
    let rows = try await pool.query(
      Self.payStatement, [.text(tenant.description), .array(ids.map(\.uuid))])
    return Set(try rows[0].decode(0, as: [PostgresUUID].self).map(Identifier.init))
  }

  // MARK: Popularity

  /// A product and how many pieces of it were ordered.
  public struct Popularity: Sendable, Equatable {
    public let product: Identifier
    /// Pieces in orders that were not given back.
    public let quantity: Int

    public init(product: Identifier, quantity: Int) {
      self.product = product
      self.quantity = quantity
    }
  }

  /// The most ordered products of a market in the last `days` days (UTC, today included): those with
  /// more pieces first, then by id.
  public func popularProducts(
    of tenant: TenantID, market: Market, days: Int, limit: Int
  ) async throws(PostgresError) -> [Popularity] {
    let rows = try await pool.query(
      Self.popularStatement,
      [
        .text(tenant.description), .text(market.description), .int8(Int64(days)),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in
      Popularity(
        product: try row.identifier("product_id"), quantity: try row.decode("quantity"))
    }
  }
}
