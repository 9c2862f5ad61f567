public import Domain
public import Ledger

/// A cart as its holder sees it: what is in it, in the light of what there is now.
public struct CartReview: Sendable, Equatable {
  public let place: CartPlace
  public let record: CartStore.Record
  public let items: [CartItemReview]
  /// What the items that are sold here would come to; nil when there is none, or their prices are in
  /// several currencies.
  public let estimate: Estimate?

  /// What became of the coupon that the holder means to use; nil without one.
  public let coupon: Coupon?

  /// A coupon in the light of what is in the cart.
  public struct Coupon: Sendable, Equatable {
    public let id: Identifier
    /// Why it does not go with an order of this; nil when it does.
    public let refusal: CouponRefusal?
  }

  /// What an order would come to.
  public struct Estimate: Sendable, Equatable {
    public let currency: Currency
    public let totals: OrderTotals
  }

  /// Whether an order of all items, with the coupon if there is one, would be taken now.
  public var isOrderable: Bool {
    !items.isEmpty && estimate != nil && coupon?.refusal == nil
      && items.allSatisfy { !$0.problems.contains(where: \.isBlocking) }
  }
}
