/// Bounds of the rules that an order's totals follow from. Within them and ``OrderBounds`` no sum leaves
/// 64 bits: an order has at most 100,000 pieces of at most 10^12 minor units.
public enum PricingBounds {
  /// Basis points of a tax.
  public static let taxBasisPoints = 0...10_000
  /// Basis points of a coupon's rate.
  public static let discountBasisPoints = 1...10_000
  /// Minor units of a fee, a cap or a minimum.
  public static let amount = 0...1_000_000_000_000
  /// Days in which goods may be returned.
  public static let returnDays = 0...3_650
  /// Days from a seller's campaign's opening until it closes, or until its coupons have ended.
  public static let sellerDays = 1...3_650
  /// Basis points of a rate of a seller's campaign.
  public static let sellerBasisPoints = 0...10_000
  /// Minutes that a market's clocks are ahead of UTC.
  public static let utcOffset = -720...840
}
