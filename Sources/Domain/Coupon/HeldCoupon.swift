/// A coupon in its holder's hands.
public struct HeldCoupon: Sendable, Equatable {
  public let id: Identifier
  public let campaign: Identifier
  public let issuedAt: Instant
  public let status: CouponStatus

  public init(id: Identifier, campaign: Identifier, issuedAt: Instant, status: CouponStatus) {
    self.id = id
    self.campaign = campaign
    self.issuedAt = issuedAt
    self.status = status
  }
}

/// What became of a coupon.
public enum CouponStatus: String, Sendable, CaseIterable {
  case issued = "ISSUED"
  /// An order was paid with it.
  case used = "USED"
  /// Taken back by an operator.
  case recalled = "RECALLED"
}
