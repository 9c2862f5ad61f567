/// What a campaign promises: how many coupons, to whom, when.
public struct CampaignTerms: Sendable, Equatable {
  /// Coupons in all.
  public var quantity: Int
  /// Coupons that one user may hold.
  public var perUserLimit: Int
  /// From this instant on coupons are issued.
  public var opensAt: Instant
  /// From this instant on none are.
  public var closesAt: Instant
  /// How often one may ask, if that is limited.
  public var ratePolicy: RatePolicy?

  public init(
    quantity: Int, perUserLimit: Int, opensAt: Instant, closesAt: Instant,
    ratePolicy: RatePolicy? = nil
  ) {
    self.quantity = quantity
    self.perUserLimit = perUserLimit
    self.opensAt = opensAt
    self.closesAt = closesAt
    self.ratePolicy = ratePolicy
  }

  /// Bounds of what an operator may ask for.
  public enum Bounds {
    public static let quantity = 1...1_000_000_000
    public static let perUserLimit = 1...100
    public static let nameLength = 1...200
  }
}
