public import Domain
internal import HotPath
internal import Telemetry

/// A rate policy as it applies to one tenant, on one loop. Loop-confined.
final class AppliedPolicy {
  let policy: RateLimitPolicy
  let hot: HotRatePolicy
  /// The policy's number on this loop, which no other policy of any tenant has.
  let number: Int
  let fields: RateFields
  let counters: PolicyCounters

  init(_ policy: RateLimitPolicy, number: Int, counters: PolicyCounters) {
    self.policy = policy
    self.number = number
    self.counters = counters
    hot = HotRatePolicy(quota: policy.quota, isShadow: policy.isShadow)
    fields = RateFields(
      name: policy.name, limit: policy.quota.limit, windowSeconds: policy.quota.windowSeconds)
  }

  /// Whose requests `caller`'s are counted with; nil when they do not come under the policy.
  func subject(of caller: RateCaller, endpoint: String) -> RateSubject? {
    var subject = RateSubject()
    let scope = policy.scope
    if scope.contains(.user) {
      guard let user = caller.user else { return nil }
      subject.user = user.description
    }
    if scope.contains(.address) {
      guard let address = caller.address else { return nil }
      subject.address = address
    }
    if scope.contains(.apiKey) {
      guard let key = caller.apiKey else { return nil }
      subject.apiKey = key
    }
    if scope.contains(.endpoint) { subject.endpoint = endpoint }
    return subject
  }
}

/// The policies that requests of one tenant for one route come under, on one loop. Loop-confined.
public final class RouteRates {
  let path: RatePath
  let route: RateRoute
  let policies: [AppliedPolicy]
  /// For each policy how its keys begin.
  let prefixes: [[UInt8]]
  /// Those in force that refuse without knowing the user, and those that have to know.
  let early: [AppliedPolicy]
  let late: [AppliedPolicy]
  /// Units that a request costs.
  let cost: Int
  /// What has to be known of a caller, besides the user.
  public let needsAddress: Bool
  public let needsAPIKey: Bool

  init(
    _ route: RateRoute, cost: Int, policies: [AppliedPolicy], path: RatePath, keys: RateKeys
  ) {
    self.route = route
    self.cost = cost
    self.policies = policies
    self.path = path
    prefixes = policies.map {
      keys.prefix(
        policy: $0.policy.name, endpoint: $0.policy.scope.contains(.endpoint) ? route.name : "")
    }
    let inForce = policies.filter { !$0.policy.isShadow }
    early = inForce.filter { !$0.policy.scope.contains(.user) }
    late = inForce.filter { $0.policy.scope.contains(.user) }
    needsAddress = policies.contains { $0.policy.scope.contains(.address) }
    needsAPIKey = policies.contains { $0.policy.scope.contains(.apiKey) }
  }
}

/// Who makes a request, as far as policies tell callers apart.
public struct RateCaller {
  /// The address or network that the request is counted under.
  public var address: IPAddress?
  /// A digest of the API key; see ``RateLimiter/digest(ofAPIKey:)``.
  public var apiKey: String?
  public var user: UserID?

  public init() {}
}

/// Counts what a policy did, for all tenants together.
final class PolicyCounters {
  let allowed: Counter
  let denied: Counter
  let shadowDenied: Counter
  let cacheHits: Counter

  init(policy: String, metrics: MetricsRegistry) {
    func decisions(_ result: String) -> Counter {
      metrics.counter(
        "spillway_rate_limit_decisions_total",
        "Requests under a rate policy: allowed, denied, or shadow_denied by one on trial.",
        labels: [("policy", policy), ("result", result)])
    }
    allowed = decisions("allowed")
    denied = decisions("denied")
    shadowDenied = decisions("shadow_denied")
    cacheHits = metrics.counter(
      "spillway_rate_limit_deny_cache_hits_total",
      "Requests that a policy denied from memory, without asking Redis.",
      labels: [("policy", policy)])
  }
}
