public import Domain
internal import Postgres

/// An order as the ledger holds it. Amounts are minor units of its currency.
public struct OrderRecord: Sendable, Equatable {
  public let id: Identifier
  public let tenant: TenantID
  public let user: String
  public let market: Market
  /// The cell that reserved its stock, and the account's scope there.
  public let cell: CellName
  public let scope: StockScope
  public let currency: Currency
  /// In the order in which they were placed, each SKU once.
  public let lines: [OrderLine]
  public let subtotal: Int
  public let discount: Int
  public let tax: Int
  public let shipping: Int
  public let total: Int
  /// The tax that its prices have in them.
  public let includedTax: Int
  /// The coupon that it is to be paid with, and the campaign that this came from.
  public let coupon: Identifier?
  public let campaign: Identifier?
  /// The rules that it was placed under.
  public let terms: OrderTerms
  public let status: OrderStatus
  /// Until when a pending order holds its stock.
  public let reservedUntil: Instant
  /// When its stock was reserved, by the cell's clock.
  public let createdAt: Instant
  public let paidAt: Instant?
  public let cancelledAt: Instant?
  /// Why it was cancelled or refunded; one of ``systemReasons`` when nobody asked for it.
  public let reason: String?

  /// The sale that it was placed in.
  public var sale: Identifier? { scope.sale }
}

extension OrderRecord {
  /// The reason of an order that was cancelled because nobody paid in time.
  public static let expired = "expired"
  /// The reason of an order that was cancelled because its user had got another one under the same
  /// idempotency key.
  public static let duplicate = "duplicate"
  /// Reasons of orders that nobody asked to cancel.
  public static let systemReasons: Set<String> = [expired, duplicate]

  /// The lines of `orders o` as arrays in their order.
  static let lineColumns = "o.skus, o.quantities, o.unit_prices as prices"

  /// The lines of `orders o` as rows, to be joined to it laterally.
  static let lineRows =
    "unnest(o.skus, o.quantities, o.unit_prices) as l (sku, quantity, unit_price)"

  /// Of `orders o`.
  static let columns = """
    order_id, tenant_id, user_id, market, cell, scope, currency, subtotal, discount, tax, shipping, \
    total, coupon_id, campaign_id, terms, status, reserved_until, created_at, paid_at, cancelled_at, \
    reason, \(lineColumns)
    """

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.identifier("order_id")
    tenant = try row.word("tenant_id")
    user = try row.decode("user_id")
    market = try row.word("market")
    cell = try row.cell("cell")
    scope = try row.scope("scope")
    currency = try row.choice("currency")
    subtotal = try row.decode("subtotal")
    discount = try row.decode("discount")
    tax = try row.decode("tax")
    shipping = try row.decode("shipping")
    total = try row.decode("total")
    status = try row.choice("status")
    reservedUntil = try row.instant("reserved_until")
    createdAt = try row.instant("created_at")
    paidAt = try row.optionalInstant("paid_at")
    cancelledAt = try row.optionalInstant("cancelled_at")
    reason = try row.decode("reason")
    lines = try Self.lines(row)
    coupon = try row.decode("coupon_id", as: PostgresUUID?.self).map(Identifier.init)
    campaign = try row.decode("campaign_id", as: PostgresUUID?.self).map(Identifier.init)
    terms = try row.word("terms")
    let totals = OrderTotals(lines.map(PricedLine.init), currency: currency, terms: terms)
    includedTax = totals?.includedTax ?? 0
  }

  static func lines(_ row: PostgresRow) throws(PostgresError) -> [OrderLine] {
    let skus = try row.decode("skus", as: [String].self)
    let quantities = try row.decode("quantities", as: [Int].self)
    let prices = try row.decode("prices", as: [Int].self)
    var lines: [OrderLine] = []
    for (index, name) in skus.enumerated() {
      guard let sku = SKU(name) else {
        throw .decoding(column: "skus", reason: "holds what no version wrote")
      }
      lines.append(OrderLine(sku: sku, quantity: quantities[index], unitPrice: prices[index]))
    }
    return lines
  }
}
