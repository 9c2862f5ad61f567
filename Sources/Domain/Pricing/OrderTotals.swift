/// What an order comes to, in minor units of its currency.
///
///     total = subtotal − discount + tax + shipping
///
/// What costs points is not taxed, and shipping it costs none: markets' rules are about money.
public struct OrderTotals: Hashable, Sendable {
  /// Of all lines.
  public let subtotal: Int
  /// What the coupon takes off; never more than the lines cost that it is for.
  public let discount: Int
  /// The tax that comes on top; 0 where prices have it in them.
  public let tax: Int
  /// The tax that the prices have in them; 0 where it comes on top.
  public let includedTax: Int
  public let shipping: Int

  /// What is to be paid, at least 0.
  public var total: Int { subtotal - discount + tax + shipping }

  /// - Returns: nil when a sum leaves 64 bits or a line is negative, which ``OrderBounds`` and
  ///   ``PricingBounds`` rule out.
  public init?(_ lines: some Sequence<PricedLine>, currency: Currency, terms: OrderTerms) {
    var sums = LineSums(couponLines: terms.coupon?.lines)
    for line in lines {
      guard sums.add(line) else { return nil }
    }
    self.init(sums, currency: currency, terms: terms)
  }

  /// Computes from sums that the lines were added to one by one; see
  /// ``init(_:currency:terms:)``.
  public init?(_ sums: LineSums, currency: Currency, terms: OrderTerms) {
    let discount =
      terms.coupon?.discount(
        subtotal: sums.subtotal, eligible: sums.eligible, currency: currency, terms.rounding) ?? 0
    let goods = sums.subtotal - discount
    let taxRule = currency.isMoney ? terms.tax : nil
    let tax = taxRule?.tax(on: goods, terms.rounding) ?? 0
    let shipping = terms.shipping?.fee(for: goods, in: currency) ?? 0
    let isIncluded = taxRule?.isIncluded ?? false
    let added = isIncluded ? 0 : tax
    guard Int(exactly: Int128(goods) + added + Int128(shipping)) != nil, let tax = Int(exactly: tax)
    else { return nil }
    subtotal = sums.subtotal
    self.discount = discount
    self.tax = isIncluded ? 0 : tax
    includedTax = isIncluded ? tax : 0
    self.shipping = shipping
  }
}

/// The sums of an order's lines that its totals are computed from.
public struct LineSums: Hashable, Sendable {
  /// The lines that a coupon is for; nil without a coupon.
  private let couponLines: LineSet?
  private var count = 0
  /// Minor units of all lines.
  public private(set) var subtotal = 0
  /// Of those that the coupon is for.
  public private(set) var eligible = 0

  public init(couponLines: LineSet?) { self.couponLines = couponLines }

  /// Adds the next line.
  ///
  /// - Returns: false when the sum would leave 64 bits or the line is negative.
  public mutating func add(_ line: PricedLine) -> Bool {
    guard let amount = line.amount else { return false }
    let (sum, isTooLarge) = subtotal.addingReportingOverflow(amount)
    guard !isTooLarge else { return false }
    subtotal = sum
    // A part of the subtotal.
    if let couponLines, couponLines.contains(count) { eligible += amount }
    count += 1
    return true
  }
}
