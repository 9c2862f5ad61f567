import Domain
import EventLoop
import HotPath
import Redis
import Telemetry
import TestSupport

@testable import API
@testable import Services

/// Rate policies of a test over the sample routes; their names are its own, since tests share a Redis.
struct RateSettings: Sendable {
  var policies: [RateLimitPolicy] = []
  var proxies = TrustedProxies()
  /// `nil` for the shared Redis.
  var redisURL: String?
  let suffix = SharedServers.tag("").suffix(12)

  mutating func add(
    _ name: String, _ scope: RateLimitPolicy.Scope, _ limit: Int, per seconds: Int = 3600,
    burst: Int? = nil, classes: Set<RateClass> = [], routes: Set<String> = [],
    isShadow: Bool = false, onFailure: RateLimitPolicy.FailureMode = .open
  ) {
    policies.append(
      RateLimitPolicy(
        name: "\(name)\(suffix)", scope: scope,
        quota: RateQuota(limit: limit, windowSeconds: seconds, burst: burst ?? limit)!,
        classes: classes, routes: routes, isShadow: isShadow, onFailure: onFailure))
  }
}

/// Runs `body` with a server of the sample routes under rate policies.
func withRatedAPI<Result: Sendable>(
  _ configure: @Sendable (inout RateSettings) -> Void,
  limits: @escaping @Sendable (inout APISettings) -> Void = { _ in },
  _ body: @escaping @Sendable (APIUnderTest<SampleServices>, RateSettings) async throws -> Result
) async throws -> Result {
  var settings = RateSettings()
  configure(&settings)
  var apiSettings = APISettings()
  limits(&apiSettings)
  var url = settings.redisURL
  if url == nil { url = try await SharedServers.redis().url }
  let address = url!
  return try await withEventLoop { [settings, apiSettings] loop in
    let router = RedisRouter(configuration: try .patient(url: address), loop: loop)
    router.start()
    defer { router.close() }
    if settings.redisURL == nil { try await router.whenReady(deadline: .seconds(60)) }
    // Who is not answered in time lets requests pass.
    var bounds = RatePath.Limits()
    bounds.callTimeout = .seconds(20)
    let limiter = RateLimiter(
      settings: RateLimitSettings(policies: settings.policies), limits: bounds, redis: router,
      logger: Logger(label: "rates", sink: .none), metrics: MetricsRegistry())
    router.onChange = { _ in limiter.connectionChanged() }
    let api = try APIUnderTest(
      SampleRoutes.table, services: SampleServices(loop: loop), loop: loop, settings: apiSettings,
      rates: limiter, proxies: settings.proxies)
    defer { api.server.close() }
    return try await body(api, settings)
  }
}
