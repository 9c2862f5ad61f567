public import Domain
internal import Postgres

extension StockFacts {
  /// What orders have in common that asked for the same at the same time.
  public struct Basket {
    public let scope: StockScope
    public let market: UnsafeRawBufferPointer
    public let currency: Currency
    public let reservedAt: Instant
    public let deadline: Instant
    /// Of the request that the orders' idempotency keys came with.
    public let fingerprint: RequestDigest
    /// See ``OrderTermsWord``.
    public let terms: UnsafeRawBufferPointer
    /// What each of the orders comes to.
    public let totals: OrderTotals
    /// The coupon that it is to be paid with, if there is one.
    public let coupon: CouponTerms?

    public init(
      scope: StockScope, market: UnsafeRawBufferPointer, currency: Currency, reservedAt: Instant,
      deadline: Instant, fingerprint: RequestDigest, terms: UnsafeRawBufferPointer,
      totals: OrderTotals, coupon: CouponTerms?
    ) {
      self.scope = scope
      self.market = market
      self.currency = currency
      self.reservedAt = reservedAt
      self.deadline = deadline
      self.fingerprint = fingerprint
      self.terms = terms
      self.totals = totals
      self.coupon = coupon
    }
  }
}

/// Baskets on their way into the ledger, column by column.
struct OrderBaskets: Sendable, Equatable {
  private var scopes = PostgresArray.Builder(of: .uuid)
  private var markets = PostgresArray.Builder(of: .text)
  private var currencies = PostgresArray.Builder(of: .text)
  private var created = PostgresArray.Builder(of: .int8)
  private var deadlines = PostgresArray.Builder(of: .int8)
  private var fingerprints = PostgresArray.Builder(of: .uuid)
  private var terms = PostgresArray.Builder(of: .text)
  private var lines = OrderLineLiterals()
  private var subtotals = PostgresArray.Builder(of: .int8)
  private var discounts = PostgresArray.Builder(of: .int8)
  private var taxes = PostgresArray.Builder(of: .int8)
  private var shippings = PostgresArray.Builder(of: .int8)
  private var coupons = PostgresArray.Builder(of: .uuid)
  private var campaigns = PostgresArray.Builder(of: .uuid)

  var count: Int { scopes.count }

  mutating func appendLine(sku: UnsafeRawBufferPointer, quantity: Int, unitPrice: Int) {
    lines.append(sku: sku, quantity: quantity, unitPrice: unitPrice)
  }

  /// Adds a basket with the lines that were added since the last.
  mutating func append(_ basket: StockFacts.Basket) {
    scopes.append(uuid: basket.scope.stored.high, basket.scope.stored.low)
    markets.append(bytes: basket.market)
    currencies.append(text: basket.currency.rawValue)
    created.append(basket.reservedAt.milliseconds)
    deadlines.append(basket.deadline.milliseconds)
    fingerprints.append(uuid: basket.fingerprint.high, basket.fingerprint.low)
    terms.append(bytes: basket.terms)
    lines.close()
    subtotals.append(Int64(basket.totals.subtotal))
    discounts.append(Int64(basket.totals.discount))
    taxes.append(Int64(basket.totals.tax))
    shippings.append(Int64(basket.totals.shipping))
    Self.append(basket.coupon?.coupon, to: &coupons)
    Self.append(basket.coupon?.campaign, to: &campaigns)
  }

  private static func append(_ id: Identifier?, to column: inout PostgresArray.Builder) {
    if let id { column.append(uuid: id.high, id.low) } else { column.appendNull() }
  }

  /// The columns as parameters.
  var parameters: [PostgresValue] {
    let heads = [scopes, markets, currencies, created, deadlines, fingerprints, terms]
    let sums = [subtotals, discounts, taxes, shippings, coupons, campaigns]
    return (heads + lines.columns + sums).map { .array($0.build()) }
  }
}
