/// What one currency is worth in another, as a fraction of whole numbers: exact, however many decimals a
/// rate has. Both are money: points have no rate.
public struct ExchangeRate: Hashable, Sendable {
  public let from: Currency
  public let to: Currency
  /// `numerator / denominator` major units of `to` (won, dollars) are worth one major unit of `from`.
  public let numerator: Int
  public let denominator: Int

  /// Both parts of a rate.
  public static let bounds = 1...1_000_000_000_000

  /// Nil when the parts are out of ``bounds``, one of the two is no money, or there is nothing to exchange.
  public init?(from: Currency, to: Currency, numerator: Int, denominator: Int) {
    guard from != to, from.isMoney, to.isMoney, Self.bounds.contains(numerator),
      Self.bounds.contains(denominator)
    else { return nil }
    self.from = from
    self.to = to
    self.numerator = numerator
    self.denominator = denominator
  }

  /// The same rate read the other way round.
  public var inverse: ExchangeRate {
    ExchangeRate(from: to, to: from, numerator: denominator, denominator: numerator)!
  }

  /// The worth of `money` in ``to``, rounded once, at the end.
  ///
  /// - Returns: nil when the money is in another currency than ``from`` or its worth leaves 64 bits.
  public func convert(_ money: Money, rounding: Rounding) -> Money? {
    guard money.currency == from else { return nil }
    // At most 2^63 · 10^12 · 10^2, which 128 bits hold.
    let worth = rounding.quotient(
      Int128(money.amount) * Int128(numerator) * Int128(to.minorUnitsOfMajor),
      Int128(denominator) * Int128(from.minorUnitsOfMajor))
    return Int(exactly: worth).map { Money(amount: $0, currency: to) }
  }
}

extension Currency {
  /// Minor units of a major one: 1 for won and points, 100 for dollars.
  public var minorUnitsOfMajor: Int {
    (0..<minorUnitDigits).reduce(1) { product, _ in product * 10 }
  }
}
