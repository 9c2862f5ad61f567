/// A coupon as an order uses it: what it takes off which lines.
public struct CouponTerms: Hashable, Sendable {
  public let coupon: Identifier
  public let campaign: Identifier
  public let discount: Discount
  /// Minor units of all lines below which the coupon takes nothing off.
  public let minimumSubtotal: Int?
  /// The lines that it is for.
  public let lines: LineSet

  public init(
    coupon: Identifier, campaign: Identifier, discount: Discount, minimumSubtotal: Int? = nil,
    lines: LineSet = .all
  ) {
    self.coupon = coupon
    self.campaign = campaign
    self.discount = discount
    self.minimumSubtotal = minimumSubtotal
    self.lines = lines
  }
}

extension CouponTerms {
  /// What the coupon takes off: never more than the lines cost that it is for.
  ///
  /// - Parameters:
  ///   - subtotal: of all lines.
  ///   - eligible: of the lines that the coupon is for.
  func discount(
    subtotal: Int, eligible: Int, currency: Currency, _ rounding: Rounding
  ) -> Int {
    if let minimumSubtotal, subtotal < minimumSubtotal { return 0 }
    return min(discount.amount(off: eligible, currency, rounding), eligible)
  }
}

extension Discount {
  /// Whether a discount may name its currency so: three capital letters (ISO 4217), or `POINT`. A currency may be
  /// one that nothing is priced in.
  public static func isCurrencyCode(_ text: some StringProtocol) -> Bool {
    if text == Currency.point.rawValue { return true }
    return text.utf8.count == 3
      && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
  }

  /// The currency that its sums are in; nil where it has none or does not name it.
  public var currencyCode: String? {
    switch self {
    case .rate(_, _, let currency): currency
    case .amount(_, let currency): currency
    }
  }

  /// Whether it takes something off prices in `currency`.
  public func applies(to currency: Currency) -> Bool {
    currencyCode.map { $0 == currency.rawValue } ?? true
  }

  /// Minor units that it takes off goods for `amount`, which may be fewer.
  func amount(off amount: Int, _ currency: Currency, _ rounding: Rounding) -> Int {
    guard applies(to: currency) else { return 0 }
    switch self {
    case .amount(let sum, _): return sum
    case .rate(let basisPoints, let maximum, _):
      // At most the whole, so within 64 bits.
      let share = Int(min(rounding.share(basisPoints, of: amount), Int128(amount)))
      return maximum.map { min(share, $0) } ?? share
    }
  }
}
