/// When a sale is open, and how often one may try.
public struct SaleTerms: Sendable, Equatable {
  /// From this instant on orders are taken.
  public var opensAt: Instant
  /// From this instant on none are.
  public var closesAt: Instant
  /// How often one may ask, if that is limited.
  public var ratePolicy: RatePolicy?

  public init(opensAt: Instant, closesAt: Instant, ratePolicy: RatePolicy? = nil) {
    self.opensAt = opensAt
    self.closesAt = closesAt
    self.ratePolicy = ratePolicy
  }

  /// Bounds of what an operator may ask for.
  public enum Bounds {
    public static let items = 1...200
    public static let nameLength = 1...200
  }
}
