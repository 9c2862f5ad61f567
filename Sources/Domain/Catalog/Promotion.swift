/// A campaign of coupons as buyers are told of it.
public struct CouponPromotion: Sendable, Equatable {
  public let campaign: Identifier
  public let name: String
  public let discount: Discount
  public let eligibility: Eligibility
  public let opensAt: Instant
  public let closesAt: Instant
  /// When its coupons end; nil when they never do.
  public let expiresAt: Instant?
  /// Whether all of its coupons are issued.
  public let isSoldOut: Bool

  public init(
    campaign: Identifier, name: String, discount: Discount, eligibility: Eligibility,
    opensAt: Instant, closesAt: Instant, expiresAt: Instant? = nil, isSoldOut: Bool = false
  ) {
    self.campaign = campaign
    self.name = name
    self.discount = discount
    self.eligibility = eligibility
    self.opensAt = opensAt
    self.closesAt = closesAt
    self.expiresAt = expiresAt
    self.isSoldOut = isSoldOut
  }

  /// Whether one of its coupons can be had at `time`.
  public func isClaimable(at time: Instant) -> Bool {
    opensAt <= time && time < closesAt && expiresAt.map { time < $0 } ?? true && !isSoldOut
  }

  /// Whether one of its coupons can be used at `time` for the product in the market, by whoever holds one.
  ///
  /// - Parameter categories: those of the product, with all that they are parts of.
  public func applies(
    to product: Identifier, in categories: Set<CategorySlug>, market: Market, at time: Instant
  ) -> Bool {
    guard opensAt <= time, expiresAt.map({ time < $0 }) ?? true,
      eligibility.admits(market: market.description)
    else { return false }
    return eligibility.covers(product: product, categories: categories)
  }
}

extension Eligibility {
  /// Whether a product is among those that a coupon is for: by its id, or by a category that it is in.
  /// Where both are named, one of them is enough.
  public func covers(product: Identifier, categories slugs: Set<CategorySlug>) -> Bool {
    if products.isEmpty && categories.isEmpty { return true }
    if products.contains(product.description) { return true }
    return categories.contains { CategorySlug($0).map(slugs.contains) ?? false }
  }
}

/// A SKU in a sale, as buyers are told of it.
public struct SalePromotion: Sendable, Equatable {
  public let sale: Identifier
  public let name: String
  public let sku: SKU
  /// For one piece.
  public let price: Money
  /// 0 for none.
  public let perUserLimit: Int
  public let opensAt: Instant
  public let closesAt: Instant

  public init(
    sale: Identifier, name: String, sku: SKU, price: Money, perUserLimit: Int, opensAt: Instant,
    closesAt: Instant
  ) {
    self.sale = sale
    self.name = name
    self.sku = sku
    self.price = price
    self.perUserLimit = perUserLimit
    self.opensAt = opensAt
    self.closesAt = closesAt
  }

  /// Whether it takes orders at `time`.
  public func isOpen(at time: Instant) -> Bool { opensAt <= time && time < closesAt }
}
