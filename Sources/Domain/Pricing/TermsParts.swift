/// Takes the parts of an order's terms from their text, in their order.
struct TermsParts {
  /// The text is not one of terms.
  struct Malformed: Error {}

  private var parts: ArraySlice<Substring>

  init(_ text: String) {
    parts = text.split(separator: ";", omittingEmptySubsequences: false)[...]
  }

  var isAtEnd: Bool { parts.isEmpty }

  mutating func tax() throws(Malformed) -> TaxRule? {
    guard var text = take("T") else { return nil }
    let isIncluded = text.last == "i"
    if isIncluded { text.removeLast() }
    return TaxRule(
      basisPoints: try Self.number(text, in: PricingBounds.taxBasisPoints), isIncluded: isIncluded)
  }

  mutating func shipping() throws(Malformed) -> ShippingRule? {
    guard let text = take("S") else { return nil }
    let words = try Self.words(text, count: 3)
    guard let currency = Currency(rawValue: String(words[2])), currency.isMoney else {
      throw Malformed()
    }
    return ShippingRule(
      fee: try Self.number(words[0], in: PricingBounds.amount),
      freeFrom: try Self.optional(words[1]), currency: currency)
  }

  mutating func rounding() throws(Malformed) -> Rounding {
    switch take("R") {
    case nil, "h": return .halfUp
    case "e": return .halfEven
    default: throw Malformed()
    }
  }

  mutating func coupon() throws(Malformed) -> CouponTerms? {
    guard let text = take("C") else { return nil }
    let names = try Self.words(text, count: 2)
    guard let coupon = Identifier(String(names[0])), let campaign = Identifier(String(names[1])),
      let discount = take("D")
    else { throw Malformed() }
    return CouponTerms(
      coupon: coupon, campaign: campaign, discount: try Self.discount(discount),
      minimumSubtotal: try take("M").map { text throws(Malformed) in
        try Self.number(text, in: PricingBounds.amount)
      }, lines: try lines())
  }

  private mutating func lines() throws(Malformed) -> LineSet {
    guard let text = take("L") else { return .all }
    guard let lines = LineSet(text: text) else { throw Malformed() }
    return lines
  }

  private static func discount(_ text: Substring) throws(Malformed) -> Discount {
    switch text.first {
    case "r":
      let words = try words(text.dropFirst(), count: 3)
      return .rate(
        basisPoints: try number(words[0], in: PricingBounds.discountBasisPoints),
        maximum: try optional(words[1]),
        currency: words[2].isEmpty ? nil : try currency(words[2]))
    case "a":
      let words = try words(text.dropFirst(), count: 2)
      return .amount(
        try number(words[0], in: PricingBounds.amount), currency: try currency(words[1]))
    default: throw Malformed()
    }
  }

  // MARK: Words

  /// The rest of the next part if `letter` begins it.
  private mutating func take(_ letter: Character) -> Substring? {
    guard let part = parts.first, part.first == letter else { return nil }
    parts.removeFirst()
    return part.dropFirst()
  }

  private static func words(_ text: Substring, count: Int) throws(Malformed) -> [Substring] {
    let words = text.split(separator: ":", omittingEmptySubsequences: false)
    guard words.count == count else { throw Malformed() }
    return words
  }

  private static func number(
    _ text: Substring, in range: ClosedRange<Int>
  ) throws(Malformed) -> Int {
    guard let number = Int(text), range.contains(number) else { throw Malformed() }
    return number
  }

  /// A sum, or nothing.
  private static func optional(_ text: Substring) throws(Malformed) -> Int? {
    text.isEmpty ? nil : try number(text, in: PricingBounds.amount)
  }

  private static func currency(_ text: Substring) throws(Malformed) -> String {
    guard Discount.isCurrencyCode(text) else { throw Malformed() }
    return String(text)
  }
}
