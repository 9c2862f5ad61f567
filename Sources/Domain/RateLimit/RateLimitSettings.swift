/// All rate policies of a process: those for every tenant, and what single tenants have otherwise.
public struct RateLimitSettings: Sendable, Equatable {
  public enum Bounds {
    public static let policies = 32
    public static let tenants = 10_000
    /// Policies that a single request may come under.
    public static let policiesOfRequest = 8
    public static let ipv6PrefixLength = 32...128
  }

  public var policies: [RateLimitPolicy]
  /// Whole policies of the tenant, by the names of those that they replace.
  public var overrides: [TenantID: [String: RateLimitPolicy]]
  /// Units that a request of a route costs where it is not the route's own number, by the route's name.
  public var costs: [String: Int]
  /// Addresses of IPv6 are counted by networks of so many bits: a client has a whole network of them.
  public var ipv6PrefixLength: Int

  public init(
    policies: [RateLimitPolicy], overrides: [TenantID: [String: RateLimitPolicy]] = [:],
    costs: [String: Int] = [:], ipv6PrefixLength: Int = 64
  ) {
    self.policies = policies
    self.overrides = overrides
    self.costs = costs
    self.ipv6PrefixLength = ipv6PrefixLength
  }

  /// The policies that are in force, or on trial, for a tenant.
  public func policies(of tenant: TenantID) -> [RateLimitPolicy] {
    let own = overrides[tenant] ?? [:]
    return policies.map { own[$0.name] ?? $0 }.filter(\.isEnabled)
  }

  /// What a request of `route` costs.
  public func cost(of route: RateRoute) -> Int { costs[route.name] ?? route.cost }

  /// The address that requests of `address` are counted under.
  public func counted(_ address: IPAddress) -> IPAddress {
    address.isIPv4 ? address : address.prefix(ipv6PrefixLength)
  }
}
