public import Domain

/// Reads the rules of markets from a configuration file. docs/markets.md describes its form.
public enum MarketReader {
  /// Largest file in bytes.
  public static let maximumCount = 1 << 20
  /// Rules that a file may have.
  public static let maximumMarkets = 10_000

  private enum Names {
    static let book = ["markets", "rounding"]
    static let rules = [
      "tenant", "market", "currency", "tax", "shipping", "return_days", "self_service_refunds",
      "refund_returns_stock", "refund_returns_coupon", "sellers", "electronic_receipt",
      "utc_offset_minutes",
    ]
    static let tax = ["rate", "included"]
    static let shipping = ["fee", "free_from"]
    static let sellers = ["quantity", "days", "coupon_days", "rate", "amount"]
  }

  /// - Throws: ``APIError`` that names the field by its dotted path.
  public static func book(json: [UInt8]) throws(APIError) -> MarketBook {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(json: json)
    } catch {
      throw .invalid("the file", "is not valid JSON: \(error.reason) at byte \(error.offset)")
    }
    let fields = try FieldReader(value)
    try fields.refuseAll(but: Names.book)
    var book = MarketBook(roundings: try roundings(fields.optional("rounding")))
    for element in try fields.required("markets").list(limit: maximumMarkets) {
      try add(element, to: &book)
    }
    return book
  }

  private static func roundings(_ field: Field?) throws(APIError) -> [Currency: Rounding] {
    guard let fields = try field?.object() else { return [:] }
    try fields.refuseAll(but: Currency.allCases.map(\.rawValue))
    var roundings: [Currency: Rounding] = [:]
    for currency in Currency.allCases {
      roundings[currency] = try fields.optional(currency.rawValue)?.choice()
    }
    return roundings
  }

  private static func add(_ element: Field, to book: inout MarketBook) throws(APIError) {
    let fields = try element.object()
    try fields.refuseAll(but: Names.rules)
    let market = try fields.required("market")
    let currency = try fields.required("currency").money()
    var rules = MarketRules(market: try market.marketName(), currency: currency)
    rules.rounding = book.rounding(of: currency)
    try readTax(fields.optional("tax"), into: &rules)
    try readShipping(fields.optional("shipping"), into: &rules)
    rules.returnDays = try fields.optional("return_days")?.integer(in: PricingBounds.returnDays)
    rules.selfServiceRefunds =
      try fields.optional("self_service_refunds")?.choice() ?? .usual
    rules.refundReturns = RefundReturns(
      stock: try fields.optional("refund_returns_stock")?.bool() ?? true,
      coupon: try fields.optional("refund_returns_coupon")?.bool() ?? true)
    try readSellers(fields.optional("sellers"), into: &rules)
    rules.electronicReceipt = try fields.optional("electronic_receipt")?.bool() ?? false
    rules.utcOffset =
      try fields.optional("utc_offset_minutes")?.integer(in: PricingBounds.utcOffset) ?? 0
    guard book.add(rules, of: try tenant(fields.optional("tenant"))) else {
      throw market.refusal("has rules already")
    }
  }

  private static func tenant(_ field: Field?) throws(APIError) -> TenantID? {
    guard let field else { return nil }
    guard let tenant = field.value.string.flatMap({ TenantID($0) }) else {
      throw field.refusal("is no name of a tenant")
    }
    return tenant
  }

  private static func readTax(
    _ field: Field?, into rules: inout MarketRules
  ) throws(APIError) {
    guard let fields = try field?.object() else { return }
    try fields.refuseAll(but: Names.tax)
    rules.taxBasisPoints = try fields.required("rate").basisPoints(
      in: PricingBounds.taxBasisPoints)
    rules.taxIncluded = try fields.optional("included")?.bool() ?? false
  }

  private static func readShipping(
    _ field: Field?, into rules: inout MarketRules
  ) throws(APIError) {
    guard let fields = try field?.object() else { return }
    try fields.refuseAll(but: Names.shipping)
    rules.shippingFee = try fields.required("fee").integer(in: PricingBounds.amount)
    rules.freeShippingFrom = try fields.optional("free_from")?.integer(in: PricingBounds.amount)
  }

  private static func readSellers(
    _ field: Field?, into rules: inout MarketRules
  ) throws(APIError) {
    guard let fields = try field?.object() else { return }
    try fields.refuseAll(but: Names.sellers)
    rules.sellers = SellerBounds(
      quantity: try fields.optional("quantity")?.integer(in: CampaignTerms.Bounds.quantity),
      days: try fields.optional("days")?.integer(in: PricingBounds.sellerDays),
      couponDays: try fields.optional("coupon_days")?.integer(in: PricingBounds.sellerDays),
      basisPoints: try fields.optional("rate")?.basisPoints(in: PricingBounds.sellerBasisPoints),
      amount: try fields.optional("amount")?.integer(in: PricingBounds.amount))
  }
}
