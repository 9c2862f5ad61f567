/// What a market allows campaigns that sellers make; nil bounds nothing.
public struct SellerBounds: Hashable, Sendable {
  /// Coupons in all.
  public var quantity: Int?
  /// Days from opening until closing.
  public var days: Int?
  /// Days from opening until the coupons have ended.
  public var couponDays: Int?
  /// What a rate may be: 1 = 0.01 %; 0 for no rates.
  public var basisPoints: Int?
  /// What an amount may be: minor units of the market's currency; 0 for no amounts. Where it is bounded, there
  /// are no amounts of points.
  public var amount: Int?

  public init(
    quantity: Int? = nil, days: Int? = nil, couponDays: Int? = nil, basisPoints: Int? = nil,
    amount: Int? = nil
  ) {
    self.quantity = quantity
    self.days = days
    self.couponDays = couponDays
    self.basisPoints = basisPoints
    self.amount = amount
  }

  /// No bounds.
  public static let none = SellerBounds()
}

/// What of a seller's campaign is beyond the bounds of a market, and the bound.
public enum SellerExcess: Error, Hashable, Sendable {
  case quantity(Int, Market)
  case days(Int, Market)
  case couponDays(Int, Market)
  case basisPoints(Int, Market)
  case amount(Money, Market)
}

extension MarketRules {
  /// Looks at what a seller wants of a campaign whose coupons may be used in the market.
  ///
  /// What a change leaves as it was is not looked at, unless the market comes to the campaign by it: bounds may
  /// have become narrower, and somebody else may have gone beyond them.
  ///
  /// - Parameter known: the campaign before; nil for a new one.
  public func checkSeller(
    _ campaign: Campaign, changedFrom known: Campaign? = nil
  ) throws(SellerExcess) {
    let market = market.description
    guard campaign.eligibility.admits(market: market) else { return }
    let known = known.flatMap { $0.eligibility.admits(market: market) ? $0 : nil }
    try checkTerms(campaign, known)
    if campaign.discount != known?.discount { try check(campaign.discount) }
  }

  private func checkTerms(
    _ campaign: Campaign, _ known: Campaign?
  ) throws(SellerExcess) {
    let terms = campaign.terms
    if let most = sellers.quantity, terms.quantity > most,
      terms.quantity != known?.terms.quantity
    {
      throw .quantity(most, market)
    }
    let isMoved = terms.opensAt != known?.terms.opensAt
    if let days = sellers.days, terms.closesAt > terms.opensAt + .seconds(days * 86_400),
      isMoved || terms.closesAt != known?.terms.closesAt
    {
      throw .days(days, market)
    }
    if let days = sellers.couponDays,
      campaign.expiresAt.map({ $0 > terms.opensAt + .seconds(days * 86_400) }) ?? true,
      isMoved || campaign.expiresAt != known?.expiresAt
    {
      throw .couponDays(days, market)
    }
  }

  private func check(_ discount: Discount) throws(SellerExcess) {
    // What is sold here has prices in the market's currency or in points; in others it takes nothing off.
    guard let sold = [currency, .point].first(where: discount.applies(to:)) else { return }
    switch discount {
    case .rate(let basisPoints, _, _):
      if let most = sellers.basisPoints, basisPoints > most { throw .basisPoints(most, market) }
    case .amount(let amount, _):
      // A sum of money says nothing of points: where the one is bounded, there are none of the other.
      guard let bound = sellers.amount else { return }
      let most = sold == currency ? bound : 0
      if amount > most { throw .amount(Money(amount: most, currency: sold), market) }
    }
  }
}
