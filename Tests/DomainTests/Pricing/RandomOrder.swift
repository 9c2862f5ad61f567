internal import Domain
internal import TestSupport

/// Orders and terms of all kinds.
enum RandomOrder {
  static func make(_ random: inout SeededGenerator) -> ([PricedLine], OrderTerms) {
    let prices = [10, 1_000, 200_000, 1_000_000_000_000].randomElement(using: &random)!
    let count = Int.random(in: 1...8, using: &random)
    let lines = (0..<count).map { _ in
      PricedLine(
        quantity: Int.random(in: 1...40, using: &random),
        unitPrice: Int.random(in: 0...prices, using: &random))
    }
    return (lines, terms(&random, lines: count, prices: prices))
  }

  private static func terms(
    _ random: inout SeededGenerator, lines: Int, prices: Int
  ) -> OrderTerms {
    let hasTax = Bool.random(using: &random)
    let hasShipping = Bool.random(using: &random)
    return OrderTerms(
      tax: hasTax
        ? TaxRule(
          basisPoints: Int.random(in: 0...10_000, using: &random),
          isIncluded: Bool.random(using: &random)) : nil,
      shipping: hasShipping
        ? ShippingRule(
          fee: Int.random(in: 0...5_000, using: &random),
          freeFrom: Bool.random(using: &random) ? prices : nil, currency: .won) : nil,
      coupon: Int.random(in: 0..<4, using: &random) > 0
        ? coupon(&random, lines: lines, prices: prices) : nil,
      rounding: Rounding.allCases.randomElement(using: &random)!)
  }

  private static func coupon(
    _ random: inout SeededGenerator, lines: Int, prices: Int
  ) -> CouponTerms {
    let isRate = Bool.random(using: &random)
    let discount: Discount =
      isRate
      ? .rate(
        basisPoints: Int.random(in: 1...10_000, using: &random),
        maximum: Bool.random(using: &random) ? Int.random(in: 1...prices, using: &random) : nil,
        currency: [nil, "KRW", "USD"].randomElement(using: &random)!)
      : .amount(
        Int.random(in: 1...prices, using: &random),
        currency: ["KRW", "KRW", "EUR"].randomElement(using: &random)!)
    return CouponTerms(
      coupon: Identifier(high: random.next(), low: random.next()),
      campaign: Identifier(high: random.next(), low: random.next()), discount: discount,
      minimumSubtotal: Bool.random(using: &random) ? prices : nil,
      lines: Bool.random(using: &random)
        ? .all : LineSet((0..<lines).filter { _ in Bool.random(using: &random) }))
  }
}

/// The same totals by other means: one step after the other, rounding by comparing the two neighbours
/// that a quotient lies between.
struct ReferenceTotals {
  let subtotal: Int
  let eligible: Int
  let discount: Int
  /// On top or included.
  let tax: Int

  init(_ lines: [PricedLine], _ terms: OrderTerms) {
    let amounts = lines.map { $0.quantity * $0.unitPrice }
    subtotal = amounts.reduce(0, +)
    guard let coupon = terms.coupon else {
      (eligible, discount) = (subtotal, 0)
      tax = Self.tax(subtotal, terms)
      return
    }
    eligible = amounts.indices.filter { coupon.lines.contains($0) }.reduce(0) { $0 + amounts[$1] }
    var off = 0
    switch coupon.discount {
    case .amount(let sum, let currency): off = currency == "KRW" ? sum : 0
    case .rate(let basisPoints, let maximum, let currency):
      off = Self.nearest(
        Int128(eligible) * Int128(basisPoints), 10_000, isEven: terms.rounding == .halfEven)
      off = min(off, maximum ?? off)
      if let currency, currency != "KRW" { off = 0 }
    }
    if let minimum = coupon.minimumSubtotal, subtotal < minimum { off = 0 }
    discount = min(off, eligible)
    tax = Self.tax(subtotal - discount, terms)
  }

  private static func tax(_ goods: Int, _ terms: OrderTerms) -> Int {
    guard let tax = terms.tax else { return 0 }
    return nearest(
      Int128(goods) * Int128(tax.basisPoints),
      tax.isIncluded ? 10_000 + Int128(tax.basisPoints) : 10_000,
      isEven: terms.rounding == .halfEven)
  }

  private static func nearest(_ dividend: Int128, _ divisor: Int128, isEven: Bool) -> Int {
    let below = dividend / divisor
    let fromBelow = dividend - below * divisor
    let fromAbove = (below + 1) * divisor - dividend
    if fromBelow == fromAbove { return Int(isEven && below % 2 == 0 ? below : below + 1) }
    return Int(fromBelow < fromAbove ? below : below + 1)
  }
}
