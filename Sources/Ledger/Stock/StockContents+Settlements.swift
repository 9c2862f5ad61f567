public import Domain
public import Postgres

extension StockContents {
  /// What a pending order holds.
  public struct HeldOrder: Sendable, Equatable {
    public let id: Identifier
    public let reservedAt: Instant
    /// That of the list in which the order stands.
    public let deadline: Instant
    public let scope: StockScope
    public let user: String
    public let currency: Currency
    public let lines: [OrderLine]
    /// For each line, whether its pieces count toward a limit of its account.
    public let isCounted: [Bool]
  }

  /// The cell's pending orders by deadline and id, behind `after`.
  public func heldOrders(
    of cell: CellName, after: HeldOrder?, limit: Int
  ) async throws(PostgresError) -> [HeldOrder] {
    let rows = try await query(
      Self.heldStatement,
      [
        .text(cell.text),
        .timestamptz(after?.deadline.timestamp ?? .negativeInfinity),
        .uuid((after?.id ?? Identifier(high: 0, low: 0)).uuid), .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in
      HeldOrder(
        id: try row.identifier("order_id"), reservedAt: try row.instant("created_at"),
        deadline: try row.instant("deadline"), scope: try row.scope("scope"),
        user: try row.decode("user_id"), currency: try row.choice("currency"),
        lines: try OrderRecord.lines(row), isCounted: try row.decode("counted"))
    }
  }

  /// The answer to the idempotency key of an order.
  public struct Answer: Sendable, Equatable {
    public let idempotency: RequestIdempotency
    public let order: Identifier
    /// See ``OrderTermsWord``.
    public let terms: String
    public let reservedAt: Instant
    public let deadline: Instant
    public let currency: Currency
    public let lines: [OrderLine]
  }

  /// The answers to the cell's orders of the last `days` days (UTC, today included), by order, behind
  /// `after`.
  public func answers(
    of cell: CellName, days: Int, after: Identifier, limit: Int
  ) async throws(PostgresError) -> [Answer] {
    let rows = try await query(
      Self.answersStatement,
      [.text(cell.text), .uuid(after.uuid), .int8(Int64(days)), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in
      Answer(
        idempotency: RequestIdempotency(
          key: RequestDigest(try row.decode("idempotency_digest")),
          fingerprint: RequestDigest(try row.decode("idempotency_fingerprint"))),
        order: try row.identifier("order_id"), terms: try row.decode("terms"),
        reservedAt: try row.instant("created_at"), deadline: try row.instant("reserved_until"),
        currency: try row.choice("currency"), lines: try OrderRecord.lines(row))
    }
  }

  /// Pieces of a product that were ordered on a day and not given back.
  public struct DayCount: Sendable, Equatable {
    /// Days since 1970-01-01, in UTC.
    public let day: Int
    public let product: Identifier
    public let quantity: Int
  }

  /// What was ordered in the cell on each of the last `days` days, today included.
  public func dayCounts(
    of cell: CellName, days: Int
  ) async throws(PostgresError) -> [DayCount] {
    let rows = try await query(Self.dayCountsStatement, [.text(cell.text), .int8(Int64(days))])
    return try rows.map { row throws(PostgresError) in
      DayCount(
        day: try row.decode("day"), product: try row.identifier("product_id"),
        quantity: try row.decode("quantity"))
    }
  }

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
