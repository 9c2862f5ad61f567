/// The rules that an order was placed under. They go with the order from the node to the ledger, so that
/// both compute the same totals from the same prices, whatever becomes of the rules meanwhile.
public struct OrderTerms: Hashable, Sendable {
  /// Nil where there is none.
  public var tax: TaxRule?
  public var shipping: ShippingRule?
  public var coupon: CouponTerms?
  /// How tax and rates are rounded.
  public var rounding: Rounding

  public init(
    tax: TaxRule? = nil, shipping: ShippingRule? = nil, coupon: CouponTerms? = nil,
    rounding: Rounding = .halfUp
  ) {
    self.tax = tax
    self.shipping = shipping
    self.coupon = coupon
    // Where nothing is rounded there is nothing to say: such terms are all the same.
    self.rounding = tax == nil && coupon == nil ? .halfUp : rounding
  }

  /// No tax, no shipping, no coupon: the total is the subtotal.
  public static let none = OrderTerms()

  /// The same with a coupon.
  ///
  /// - Parameter rounding: how its rate is rounded where the terms do not say.
  public func with(_ coupon: CouponTerms, rounding: Rounding) -> OrderTerms {
    OrderTerms(
      tax: tax, shipping: shipping, coupon: coupon,
      rounding: tax == nil ? rounding : self.rounding)
  }
}
