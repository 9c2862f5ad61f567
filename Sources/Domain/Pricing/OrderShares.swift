/// How much of an order's totals each of its lines has: what a refund of a line is worth.
///
/// The shares of all lines add up to the totals exactly: a line gets the difference of two rounded-down
/// sums, those with and without it, so what rounding takes from one goes to a later one.
public struct OrderShares: Hashable, Sendable {
  /// What the coupon took off each line, in minor units: never more than the line cost.
  public let discounts: [Int]
  /// The tax that came on top of each.
  public let taxes: [Int]
  /// What was paid for each: all but the shipping.
  public let paid: [Int]

  /// - Parameter totals: of these lines under these terms.
  /// - Returns: nil when the totals are others'.
  public init?(_ totals: OrderTotals, of lines: [PricedLine], terms: OrderTerms) {
    var amounts: [Int] = []
    for line in lines {
      guard let amount = line.amount else { return nil }
      amounts.append(amount)
    }
    let couponLines = terms.coupon?.lines
    let eligible = amounts.enumerated().map { place, amount in
      couponLines?.contains(place) == true ? amount : 0
    }
    guard let discounts = Self.spread(totals.discount, over: eligible) else { return nil }
    let goods = zip(amounts, discounts).map { $0 - $1 }
    guard let taxes = Self.spread(totals.tax, over: goods) else { return nil }
    self.discounts = discounts
    self.taxes = taxes
    paid = zip(goods, taxes).map { $0 + $1 }
    guard paid.reduce(0, +) == totals.total - totals.shipping else { return nil }
  }

  /// Parts of `sum` in the proportion of `weights`; nil when there is something to spread over nothing.
  private static func spread(_ sum: Int, over weights: [Int]) -> [Int]? {
    let all = weights.reduce(Int128(0)) { $0 + Int128($1) }
    guard all > 0 else { return sum == 0 ? weights.map { _ in 0 } : nil }
    var weighed: Int128 = 0
    var spread: Int128 = 0
    return weights.map { weight in
      weighed += Int128(weight)
      let upToHere = Int128(sum) * weighed / all
      defer { spread = upToHere }
      return Int(upToHere - spread)
    }
  }
}
