public import Domain
public import Postgres

/// A cell's orders as one transaction sees them, for the cell to be rebuilt or compared.
///
/// Each kind of reading goes through the orders once, in whatever order is cheapest.
public struct OrderSnapshot {
  /// More scopes than these are looked for by the cell alone: it is that of a market, which has most of its
  /// tenant's orders.
  static let maximumScopes = 16

  let transaction: PostgresTransaction
  let cell: CellName
  let scopes: PostgresValue?
  let pageSize: Int

  /// - Parameter scopes: all that the cell has accounts of.
  public init(
    transaction: PostgresTransaction, of cell: CellName, scopes: Set<StockScope>, pageSize: Int
  ) {
    self.transaction = transaction
    self.cell = cell
    let isNarrow = scopes.count <= Self.maximumScopes && !scopes.contains(.open)
    self.scopes = isNarrow ? .array(scopes.map(\.stored)) : nil
    self.pageSize = pageSize
  }

  private func pages<Element>(
    of sql: (_ isNarrow: Bool) -> String, _ values: [PostgresValue],
    _ read: @escaping (PostgresRow) throws(PostgresError) -> Element
  ) -> LedgerPages<Element> {
    LedgerPages(
      transaction.pages(
        of: Statement(unprepared: sql(scopes != nil)), values + (scopes.map { [$0] } ?? []),
        size: pageSize, timeout: CouponSnapshot.timeout), read)
  }

  // MARK: What is reserved

  /// What a pending order holds.
  public struct HeldOrder: Sendable, Equatable {
    public let id: Identifier
    public let reservedAt: Instant
    public let scope: StockScope
    public let user: String
    public let lines: [OrderLine]

    /// The account that a line of it is of.
    public func account(_ line: OrderLine) -> StockAccount.Name {
      StockAccount.Name(scope: scope, sku: line.sku)
    }
  }

  /// The cell's pending orders, in no order.
  public func heldOrders() -> LedgerPages<HeldOrder> {
    LedgerPages(
      transaction.pages(
        of: Self.heldStatement, [.text(cell.text)], size: pageSize,
        timeout: CouponSnapshot.timeout)
    ) { row throws(PostgresError) in
      HeldOrder(
        id: try row.identifier("order_id"), reservedAt: try row.instant("created_at"),
        scope: try row.scope("scope"), user: try row.decode("user_id"),
        lines: try OrderRecord.lines(row))
    }
  }

  /// A user and the pieces that it has reserved or bought of an account.
  public struct Buyer: Sendable, Equatable {
    public let account: StockAccount.Name
    public let user: String
    public let quantity: Int
  }

  /// Who has reserved or bought of SKUs of those names, in no order.
  public func buyers(of skus: Set<SKU>) -> LedgerPages<Buyer> {
    pages(
      of: Self.buyersQuery, [.text(cell.text), .array(skus.map(\.description))]
    ) { row throws(PostgresError) in
      Buyer(
        account: StockAccount.Name(scope: try row.scope("scope"), sku: try row.word("sku")),
        user: try row.decode("user_id"), quantity: try row.decode("quantity"))
    }
  }

  // MARK: What was answered

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

  /// The answers to the cell's orders of the last `days` days (UTC, today included), in no order.
  public func answers(days: Int) -> LedgerPages<Answer> {
    pages(
      of: Self.answersQuery, [.text(cell.text), .int8(Int64(days))]
    ) { row throws(PostgresError) in
      Answer(
        idempotency: RequestIdempotency(
          key: RequestDigest(try row.decode("idempotency_digest")),
          fingerprint: RequestDigest(try row.decode("idempotency_fingerprint"))),
        order: try row.identifier("order_id"), terms: try row.decode("terms"),
        reservedAt: try row.instant("created_at"), deadline: try row.instant("reserved_until"),
        currency: try row.choice("currency"), lines: try OrderRecord.lines(row))
    }
  }

  // MARK: What was popular

  /// Pieces of a product that were ordered on a day and not given back.
  public struct DayCount: Sendable, Equatable {
    /// Days since 1970-01-01, in UTC.
    public let day: Int
    public let product: Identifier
    public let quantity: Int
  }

  /// What was ordered in the cell on each of the last `days` days, today included; in no order.
  public func dayCounts(days: Int) -> LedgerPages<DayCount> {
    pages(
      of: Self.dayCountsQuery, [.text(cell.text), .int8(Int64(days))]
    ) { row throws(PostgresError) in
      DayCount(
        day: try row.decode("day"), product: try row.identifier("product_id"),
        quantity: try row.decode("quantity"))
    }
  }
}
