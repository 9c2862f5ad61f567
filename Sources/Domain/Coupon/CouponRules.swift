/// Goods of an order in the light of a coupon.
public struct CouponGoods: Sendable, Equatable {
  public let product: Identifier
  /// Those of the product, with all that they are parts of.
  public let categories: Set<CategorySlug>
  /// For one piece, where the ledger knows a price.
  public let price: Money?
  /// Pieces.
  public let quantity: Int

  public init(product: Identifier, categories: Set<CategorySlug>, price: Money?, quantity: Int) {
    self.product = product
    self.categories = categories
    self.price = price
    self.quantity = quantity
  }
}

/// Decides whether a coupon goes with an order.
public enum CouponRules {
  /// What the coupon does for an order of `goods`.
  ///
  /// - Parameters:
  ///   - goods: one for each of the order's lines, in their order; nil where the ledger has no such SKU.
  ///   - market: where the order is placed.
  /// - Throws: why it does not go with it. A minimum and a currency are looked at where all prices are
  ///   known: the cell has the last word on prices, and ``OrderTotals`` on what they come to.
  public static func terms(
    of coupon: HeldCoupon, from campaign: Campaign, for goods: [CouponGoods?], in market: Market,
    at now: Instant
  ) throws(CouponRefusal) -> CouponTerms {
    try checkState(of: coupon, from: campaign, at: now)
    let eligibility = campaign.eligibility
    guard eligibility.admits(market: market.description) else { throw .market(eligibility.markets) }
    let places = goods.indices.filter { place in
      guard let line = goods[place] else { return false }
      return eligibility.covers(product: line.product, categories: line.categories)
    }
    guard !places.isEmpty else { throw .goods }
    try checkPrices(goods, campaign)
    return CouponTerms(
      coupon: coupon.id, campaign: campaign.id, discount: campaign.discount,
      minimumSubtotal: eligibility.minimumSubtotal,
      lines: places.count == goods.count ? .all : LineSet(places))
  }

  /// Whether the coupon can be used at all.
  public static func checkState(
    of coupon: HeldCoupon, from campaign: Campaign, at now: Instant
  ) throws(CouponRefusal) {
    switch coupon.status {
    case .used: throw .used
    case .recalled: throw .recalled
    case .issued: break
    }
    if let end = campaign.expiresAt, now >= end { throw .expired(end) }
  }

  private static func checkPrices(
    _ goods: [CouponGoods?], _ campaign: Campaign
  ) throws(CouponRefusal) {
    var sums = LineSums(couponLines: nil)
    var currencies: Set<Currency> = []
    for line in goods {
      guard let line, let price = line.price,
        sums.add(PricedLine(quantity: line.quantity, unitPrice: price.amount))
      else { return }
      currencies.insert(price.currency)
    }
    // The cell refuses a mixture.
    guard let currency = currencies.first, currencies.count == 1 else { return }
    if !campaign.discount.applies(to: currency) {
      throw .currency(campaign.discount.currencyCode ?? "")
    }
    if let minimum = campaign.eligibility.minimumSubtotal, sums.subtotal < minimum {
      throw .minimum(Money(amount: minimum, currency: currency))
    }
  }
}
