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
  /// - Parameters:
  ///   - currency: what the goods are priced in, as far as that is known.
  ///   - rounding: how the coupon's rate is rounded where the terms do not say: where nothing is taxed.
  public func with(
    _ coupon: CouponTerms, for currency: Currency?, rounding: Rounding
  ) -> OrderTerms {
    let isTaxed = tax != nil && currency?.isMoney ?? true
    return OrderTerms(
      tax: tax, shipping: shipping, coupon: coupon, rounding: isTaxed ? self.rounding : rounding)
  }
}
