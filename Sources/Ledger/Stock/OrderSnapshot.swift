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

  /// The cell's pending orders, in no order.
  public func heldOrders() -> LedgerPages<KeptOrder> {
    LedgerPages(
      transaction.pages(
        of: Self.heldStatement, [.text(cell.text)], size: pageSize,
        timeout: CouponSnapshot.timeout)
    ) { row throws(PostgresError) in try KeptOrder(row) }
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

  /// The days (since 1970-01-01, in UTC) that the last `days` days are, today included, by the ledger's clock.
  public func lastDays(_ days: Int) async throws(PostgresError) -> ClosedRange<Int> {
    let rows = try await transaction.query(Self.todayStatement)
    let today = try rows[0].decode(0, as: Int.self)
    return today - days + 1...today
  }

  /// The cell's orders of the last `days` days (UTC, today included) whose keys are answered though they are pending
  /// no more, or are not in their ids; in no order.
  public func answeredOrders(days: Int) -> LedgerPages<KeptOrder> {
    pages(
      of: Self.answersQuery, [.text(cell.text), .int8(Int64(days))]
    ) { row throws(PostgresError) in try KeptOrder(row) }
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

extension KeptOrder {
  /// The account that a line of it is of.
  public func account(_ line: OrderLine) -> StockAccount.Name {
    StockAccount.Name(scope: scope, sku: line.sku)
  }

  fileprivate init(_ row: PostgresRow) throws(PostgresError) {
    self.init(
      id: try row.identifier("order_id"),
      key: try row.decode("idempotency_digest", as: PostgresUUID?.self).map {
        OrderKey(of: Identifier($0))
      },
      fingerprint: try row.decode("idempotency_fingerprint", as: PostgresUUID?.self).map {
        RequestDigest($0)
      },
      scope: try row.scope("scope"), user: try row.decode("user_id"),
      terms: try row.decode("terms"), reservedAt: try row.instant("created_at"),
      deadline: try row.instant("reserved_until"), currency: try row.choice("currency"),
      lines: try OrderRecord.lines(row))
  }
}
