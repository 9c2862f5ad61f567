public import Domain
internal import EventLoop
internal import HotPath
internal import Redis
internal import Telemetry

/// The rate policies of a process on one loop: what it can refuse by itself, and the rest through Redis.
/// Loop-confined.
public final class RateLimiter {
  public let settings: RateLimitSettings
  let loop: EventLoop
  // Without run-time checks of exclusive access: no access to these spans a call that could come back.
  @exclusivity(unchecked) var denied = DenyCache()
  @exclusivity(unchecked) var log: RateLog

  private let redis: RedisRouter
  private let limits: RatePath.Limits
  private let metrics: MetricsRegistry
  private let batchSizes: Histogram
  private let unanswered: (open: Counter, closed: Counter)
  private var routes: [RateRoute] = []
  private var tenants: [TenantID: TenantRates] = [:]
  @exclusivity(unchecked) private var last: TenantRates?
  private var policyCount = 0

  /// What a tenant's requests come under, by the numbers of their routes.
  private final class TenantRates {
    let tenant: TenantID
    let path: RatePath
    let keys: RateKeys
    let policies: [AppliedPolicy]
    @exclusivity(unchecked) var routes: [RouteRates?] = []

    init(tenant: TenantID, path: RatePath, keys: RateKeys, policies: [AppliedPolicy]) {
      self.tenant = tenant
      self.path = path
      self.keys = keys
      self.policies = policies
    }
  }

  init(
    settings: RateLimitSettings, limits: RatePath.Limits, redis: RedisRouter, logger: Logger,
    metrics: MetricsRegistry
  ) {
    self.settings = settings
    self.limits = limits
    self.redis = redis
    self.metrics = metrics
    loop = redis.loop
    log = RateLog(logger: logger)
    batchSizes = metrics.histogram(
      "spillway_rate_limit_batch_size", "Requests whose rate policies one call decided.",
      buckets: .sizes)
    func counter(_ mode: RateLimitPolicy.FailureMode) -> Counter {
      metrics.counter(
        "spillway_rate_limit_unanswered_total",
        "Requests whose rate policies Redis did not decide: let through (open) or refused (closed).",
        labels: [("mode", mode.rawValue)])
    }
    unanswered = (counter(.open), counter(.closed))
  }

  /// The address that requests of `address` are counted under.
  @inline(__always)
  public func counted(_ address: IPAddress) -> IPAddress {
    address.isIPv4 ? address : settings.counted(address)
  }

  /// Makes a route known; its number, or nil when no policy of any tenant is for it.
  public func register(_ route: RateRoute) -> Int? {
    let all = settings.policies + settings.overrides.values.flatMap(\.values)
    guard all.contains(where: { $0.isEnabled && $0.applies(to: route) }) else { return nil }
    if let known = routes.firstIndex(of: route) { return known }
    routes.append(route)
    return routes.count - 1
  }

  /// What requests of `tenant` for the route of that number come under; nil for no policy.
  public func rates(of tenant: TenantID, route: Int) -> RouteRates? {
    let rates: TenantRates
    if let last, last.tenant == tenant {
      rates = last
    } else {
      rates = tenants[tenant] ?? makeRates(of: tenant)
      last = rates
    }
    while rates.routes.count <= route { rates.routes.append(makeRoute(rates.routes.count, rates)) }
    return rates.routes[route]
  }

  private func makeRates(of tenant: TenantID) -> TenantRates {
    let policies = settings.policies(of: tenant).map { policy in
      policyCount += 1
      return AppliedPolicy(
        policy, number: policyCount,
        counters: PolicyCounters(policy: policy.name, metrics: metrics))
    }
    let keys = RateKeys(tenant)
    let client = redis.client(for: keys.key(policy: "", RateSubject()))
    let rates = TenantRates(
      tenant: tenant, path: RatePath(client: client, limits: limits, batchSizes: batchSizes),
      keys: keys,
      policies: policies)
    tenants[tenant] = rates
    return rates
  }

  private func makeRoute(_ number: Int, _ tenant: TenantRates) -> RouteRates? {
    let route = routes[number]
    let policies = tenant.policies.filter { $0.policy.applies(to: route) }
    if policies.isEmpty { return nil }
    return RouteRates(
      route, cost: settings.cost(of: route), policies: policies, path: tenant.path,
      keys: tenant.keys)
  }

  /// The policies of a tenant, for operators.
  func policy(
    _ name: String, of tenant: TenantID
  ) -> (policy: AppliedPolicy, path: RatePath, keys: RateKeys)? {
    let rates = tenants[tenant] ?? makeRates(of: tenant)
    guard let policy = rates.policies.first(where: { $0.policy.name == name }) else { return nil }
    return (policy, rates.path, rates.keys)
  }

  /// A connection was lost or made: what was known may be of another server.
  func connectionChanged() { denied.forgetAll() }

  /// Counts a request that nobody decided.
  func countUnanswered(isOpen: Bool) { (isOpen ? unanswered.open : unanswered.closed).add() }
}
