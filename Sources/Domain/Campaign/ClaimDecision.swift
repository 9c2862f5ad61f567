/// What a cell decided about one claim.
public enum ClaimDecision: Sendable, Equatable {
  /// A coupon was issued by this claim.
  case granted(IssuedCoupon)
  /// The user holds as many as allowed already: the latest one that was not taken back.
  case held(IssuedCoupon)
  /// The same idempotency key was granted this coupon before.
  case replayed(IssuedCoupon)
  /// All coupons that the user holds were taken back, and count; or the one of the idempotency key was.
  case takenBack
  /// The idempotency key belongs to another request.
  case keyReused
  /// None are left, as of this version of the campaign.
  case soldOut(version: Int)
  /// The user may get no coupon of this campaign, and holds none.
  case notEligible
  case notOpen(until: Instant)
  case closed
  /// Over the campaign's rate policy.
  case rateLimited(retryAfterMilliseconds: Int)
  /// The cell does not know the campaign.
  case unknownCampaign

  /// Whether the user has a coupon by it.
  public var isCoupon: Bool {
    switch self {
    case .granted, .held, .replayed: true
    default: false
    }
  }
}

/// A coupon's place among its campaign's.
public struct IssuedCoupon: Sendable, Equatable {
  /// 1 for the first coupon issued.
  public let sequence: Int
  public let issuedAt: Instant

  public init(sequence: Int, issuedAt: Instant) {
    self.sequence = sequence
    self.issuedAt = issuedAt
  }
}
