/// A rate policy as an operator defined it, for all requests of a tenant that it chooses.
public struct RateLimitPolicy: Sendable, Equatable {
  /// What requests must have in common to be counted together, within their tenant.
  public struct Scope: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Nothing more: the tenant as a whole.
    public static let tenant: Scope = []
    /// The user of the access token. A request without one does not come under the policy.
    public static let user = Scope(rawValue: 1)
    /// The client's address, or its network.
    public static let address = Scope(rawValue: 2)
    /// The API key that came with the request, whether or not it is a good one. A request without one
    /// does not come under the policy.
    public static let apiKey = Scope(rawValue: 4)
    /// The route.
    public static let endpoint = Scope(rawValue: 8)
  }

  /// What becomes of requests while Redis cannot be asked.
  public enum FailureMode: String, Sendable, CaseIterable {
    /// They are let through.
    case open
    /// They are answered 503.
    case closed
  }

  /// 1 to 32 of `a` to `z`, `0` to `9`, `-` and `_`.
  public let name: String
  public let scope: Scope
  public var quota: RateQuota
  /// Kinds of routes, and single ones, that the policy is for; all when both are empty.
  public let classes: Set<RateClass>
  public let routes: Set<String>
  /// On trial: refusals are counted and logged, but not made.
  public var isShadow: Bool
  public var onFailure: FailureMode
  /// False where a tenant is exempt.
  public var isEnabled = true

  public init(
    name: String, scope: Scope, quota: RateQuota, classes: Set<RateClass> = [],
    routes: Set<String> = [], isShadow: Bool = false, onFailure: FailureMode = .open
  ) {
    self.name = name
    self.scope = scope
    self.quota = quota
    self.classes = classes
    self.routes = routes
    self.isShadow = isShadow
    self.onFailure = onFailure
  }

  /// Longest name in characters.
  public static let maximumNameCount = 32

  /// Names that campaigns and sales give to policies of their own.
  public static let reservedNames: Set<String> = ["user", "campaign", "sale"]

  /// Whether requests of `route` come under the policy.
  public func applies(to route: RateRoute) -> Bool {
    (classes.isEmpty && routes.isEmpty) || classes.contains(route.rateClass)
      || routes.contains(route.name)
  }
}
