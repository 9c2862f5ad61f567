public import Domain
public import Postgres

/// Orders and takes on their way into the ledger, column by column in Postgres' binary form.
///
/// Filled from raw bytes: a fact costs no string and no object.
public struct StockFacts: Sendable, Equatable {
  private var orders = Orders()
  private var pricing = OrderPricing()
  private var lines = Lines()
  private var takes = Takes()

  public init() {}

  /// How many orders and takes there are.
  public var count: Int { orders.ids.count + takes.movements.count }
  public var isEmpty: Bool { count == 0 }

  /// An order's head.
  public struct Order {
    public let id: Identifier
    public let scope: StockScope
    public let user: UnsafeRawBufferPointer
    public let market: UnsafeRawBufferPointer
    public let currency: Currency
    public let reservedAt: Instant
    public let deadline: Instant
    /// Of the idempotency key that it was placed with.
    public let digest: UnsafeRawBufferPointer
    public let fingerprint: UnsafeRawBufferPointer
    /// See ``OrderTermsWord``.
    public let terms: UnsafeRawBufferPointer

    public init(
      id: Identifier, scope: StockScope, user: UnsafeRawBufferPointer,
      market: UnsafeRawBufferPointer, currency: Currency, reservedAt: Instant, deadline: Instant,
      digest: UnsafeRawBufferPointer, fingerprint: UnsafeRawBufferPointer,
      terms: UnsafeRawBufferPointer
    ) {
      self.id = id
      self.scope = scope
      self.user = user
      self.market = market
      self.currency = currency
      self.reservedAt = reservedAt
      self.deadline = deadline
      self.digest = digest
      self.fingerprint = fingerprint
      self.terms = terms
    }
  }

  /// Adds the head of an order, whose lines were added just before.
  ///
  /// - Parameters:
  ///   - totals: what it comes to.
  ///   - coupon: the coupon that it is to be paid with, if there is one.
  public mutating func append(_ order: Order, totals: OrderTotals, coupon: CouponTerms? = nil) {
    pricing.append(totals, coupon, at: orders.ids.count)
    orders.ids.append(uuid: order.id.high, order.id.low)
    orders.scopes.append(uuid: order.scope.stored.high, order.scope.stored.low)
    orders.users.append(bytes: order.user)
    orders.markets.append(bytes: order.market)
    orders.currencies.append(text: order.currency.rawValue)
    orders.subtotals.append(Int64(totals.subtotal))
    orders.created.append(order.reservedAt.milliseconds)
    orders.deadlines.append(order.deadline.milliseconds)
    orders.digests.append(bytes: order.digest)
    orders.fingerprints.append(bytes: order.fingerprint)
    orders.terms.append(bytes: order.terms)
  }

  /// Adds a line of the order whose head follows.
  ///
  /// - Parameter position: among the order's lines, from 1.
  public mutating func appendLine(
    of order: Identifier, scope: StockScope, position: Int, sku: UnsafeRawBufferPointer,
    quantity: Int, unitPrice: Int
  ) {
    lines.orders.append(uuid: order.high, order.low)
    lines.scopes.append(uuid: scope.stored.high, scope.stored.low)
    lines.positions.append(Int64(position))
    lines.skus.append(bytes: sku)
    lines.quantities.append(Int64(quantity))
    lines.prices.append(Int64(unitPrice))
  }

  /// Adds what a movement took.
  ///
  /// - Parameter quantity: pieces; 0 when there was nothing to take.
  public mutating func append(
    takeOf movement: Identifier, scope: StockScope, sku: SKU, quantity: Int
  ) {
    takes.movements.append(uuid: movement.high, movement.low)
    takes.scopes.append(uuid: scope.stored.high, scope.stored.low)
    takes.skus.append(text: sku.description)
    takes.quantities.append(Int64(quantity))
  }

  /// The columns as parameters.
  var parameters: [PostgresValue] {
    orders.parameters + lines.parameters + takes.parameters + pricing.parameters
  }

  private struct Orders: Sendable, Equatable {
    var ids = PostgresArray.Builder(of: .uuid)
    var scopes = PostgresArray.Builder(of: .uuid)
    var users = PostgresArray.Builder(of: .text)
    var markets = PostgresArray.Builder(of: .text)
    var currencies = PostgresArray.Builder(of: .text)
    var subtotals = PostgresArray.Builder(of: .int8)
    var created = PostgresArray.Builder(of: .int8)
    var deadlines = PostgresArray.Builder(of: .int8)
    var digests = PostgresArray.Builder(of: .text)
    var fingerprints = PostgresArray.Builder(of: .text)
    var terms = PostgresArray.Builder(of: .text)

    var parameters: [PostgresValue] {
      [
        ids, scopes, users, markets, currencies, subtotals, created, deadlines, digests,
        fingerprints, terms,
      ].map { .array($0.build()) }
    }
  }

  private struct Lines: Sendable, Equatable {
    var orders = PostgresArray.Builder(of: .uuid)
    var scopes = PostgresArray.Builder(of: .uuid)
    var positions = PostgresArray.Builder(of: .int8)
    var skus = PostgresArray.Builder(of: .text)
    var quantities = PostgresArray.Builder(of: .int8)
    var prices = PostgresArray.Builder(of: .int8)

    var parameters: [PostgresValue] {
      [orders, scopes, positions, skus, quantities, prices].map { .array($0.build()) }
    }
  }

  private struct Takes: Sendable, Equatable {
    var movements = PostgresArray.Builder(of: .uuid)
    var scopes = PostgresArray.Builder(of: .uuid)
    var skus = PostgresArray.Builder(of: .text)
    var quantities = PostgresArray.Builder(of: .int8)

    var parameters: [PostgresValue] {
      [movements, scopes, skus, quantities].map { .array($0.build()) }
    }
  }
}

extension PostgresArray.Builder {
  fileprivate mutating func append(text: String) {
    var text = text
    text.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension CellStore {
  /// Adds facts of all kinds and moves the cell's cursor over them, in one transaction; holds the cell
  /// for `hold` from now.
  ///
  /// - Throws: a server's refusal of class 22 or 23 when a fact contradicts the ledger.
  public func apply(
    _ coupons: CouponFacts, _ stock: StockFacts, to cell: CellName, as reconciler: String,
    hold: Duration, from expected: CellRecord.Cursor, to next: CellRecord.Cursor
  ) async throws(PostgresError) -> Application {
    let rows = try await pool.query(
      Self.applyAllStatement,
      Self.cursorParameters(cell, reconciler, hold, from: expected, to: next)
        + coupons.parameters + stock.parameters)
    let added = try rows[0].decode(0, as: Int.self)
    return added < 0 ? .refused : .applied(new: added)
  }
}
