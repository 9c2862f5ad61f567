/// What a tenant's market asks of orders and returns there, as an operator configured it.
public struct MarketRules: Hashable, Sendable {
  public let market: Market
  /// What prices there are in that are not in points, and the sums of these rules: money.
  public let currency: Currency
  /// 1 = 0.01 %; 0 for no tax.
  public var taxBasisPoints: Int
  /// Prices have the tax in them.
  public var taxIncluded: Bool
  /// Minor units; 0 for none.
  public var shippingFee: Int
  /// Goods after the discount from which on shipping is free; nil for never.
  public var freeShippingFrom: Int?
  /// Days after payment in which a customer may ask for the money back; nil for no end.
  public var returnDays: Int?
  /// What a customer may have back without the shop's help.
  public var selfServiceRefunds: SelfServiceRefunds
  /// What a refund brings back besides the money.
  public var refundReturns: RefundReturns
  /// How far sellers may go with campaigns whose coupons are good there.
  public var sellers: SellerBounds
  /// A customer gets an electronic receipt.
  public var electronicReceipt: Bool
  /// Of tax and of coupons' rates.
  public var rounding: Rounding
  /// Minutes that clocks there are ahead of UTC.
  public var utcOffset: Int

  public init(
    market: Market, currency: Currency, taxBasisPoints: Int = 0, taxIncluded: Bool = false,
    shippingFee: Int = 0, freeShippingFrom: Int? = nil, returnDays: Int? = nil,
    selfServiceRefunds: SelfServiceRefunds = .usual,
    refundReturns: RefundReturns = .everything, sellers: SellerBounds = .none,
    electronicReceipt: Bool = false, rounding: Rounding = .halfUp, utcOffset: Int = 0
  ) {
    self.market = market
    self.currency = currency
    self.taxBasisPoints = taxBasisPoints
    self.taxIncluded = taxIncluded
    self.shippingFee = shippingFee
    self.freeShippingFrom = freeShippingFrom
    self.returnDays = returnDays
    self.selfServiceRefunds = selfServiceRefunds
    self.refundReturns = refundReturns
    self.sellers = sellers
    self.electronicReceipt = electronicReceipt
    self.rounding = rounding
    self.utcOffset = utcOffset
  }

  /// The terms of an order without a coupon.
  public var terms: OrderTerms {
    OrderTerms(
      tax: taxBasisPoints == 0
        ? nil : TaxRule(basisPoints: taxBasisPoints, isIncluded: taxIncluded),
      shipping: shippingFee == 0
        ? nil
        : ShippingRule(fee: shippingFee, freeFrom: freeShippingFrom, currency: currency),
      rounding: rounding)
  }

  /// Until when goods paid for at `instant` may be returned; nil for no end.
  public func returnable(paidAt instant: Instant) -> Instant? {
    returnDays.map { instant + .seconds($0 * 86_400) }
  }
}
