/// How a quotient that is no whole number of minor units becomes one.
///
/// Symmetric about zero: what is owed is rounded as what is due.
public enum Rounding: String, Sendable, Codable, CaseIterable {
  /// A half goes away from zero.
  case halfUp = "half_up"
  /// A half goes to the even neighbour ("banker's rounding"), so that many roundings lean to no side.
  case halfEven = "half_even"

  /// The whole number nearest to `dividend / divisor`.
  ///
  /// - Parameter divisor: above 0.
  public func quotient(_ dividend: Int128, _ divisor: Int128) -> Int128 {
    precondition(divisor > 0, "the divisor must be above zero")
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    let twice = remainder.magnitude * 2
    let goesUp =
      switch self {
      case .halfUp: twice >= divisor.magnitude
      case .halfEven:
        twice > divisor.magnitude || (twice == divisor.magnitude && quotient & 1 != 0)
      }
    return goesUp ? quotient + dividend.signum() : quotient
  }

  /// A share of `amount` in basis points (1 = 0.01 %).
  func share(_ basisPoints: Int, of amount: Int) -> Int128 {
    quotient(Int128(amount) * Int128(basisPoints), Self.basisPointsOfAll)
  }

  private static let basisPointsOfAll: Int128 = 10_000
}
