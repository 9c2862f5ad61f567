/// What a refund brings back besides the money, as a market's policy says. A cancellation before shipping
/// brings back all of it under every policy.
public struct RefundReturns: Hashable, Sendable {
  /// Pieces that were not shipped go on sale again.
  public var stock: Bool
  /// A coupon may be used again once all the money of its order is back.
  public var coupon: Bool

  public init(stock: Bool = true, coupon: Bool = true) {
    self.stock = stock
    self.coupon = coupon
  }

  /// Of markets that say nothing of it, and of every cancellation.
  public static let everything = RefundReturns()
}
