/// What a market's tax is: a share of the price of the goods after the discount. Shipping is not taxed,
/// and what costs points is not.
public struct TaxRule: Hashable, Sendable {
  /// 1 = 0.01 %.
  public let basisPoints: Int
  /// Prices have the tax in them; it is then told, not added.
  public let isIncluded: Bool

  public init(basisPoints: Int, isIncluded: Bool) {
    self.basisPoints = basisPoints
    self.isIncluded = isIncluded
  }

  /// The tax on goods for `amount` minor units: beside it, or in it.
  func tax(on amount: Int, _ rounding: Rounding) -> Int128 {
    guard isIncluded else { return rounding.share(basisPoints, of: amount) }
    return rounding.quotient(
      Int128(amount) * Int128(basisPoints), 10_000 + Int128(basisPoints))
  }
}
