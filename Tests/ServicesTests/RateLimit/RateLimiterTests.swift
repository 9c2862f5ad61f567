import Domain
import EventLoop
import Glibc
import HotPath
import Redis
import Telemetry
import TestSupport
import Testing

@testable import Services

@Suite struct RateLimiterTests {
  /// A limiter over the shared Redis, for a tenant of its own.
  private final class Bench {
    let limiter: RateLimiter
    let metrics: MetricsRegistry
    let log: CapturedLog
    let tenant: TenantID
    let router: RedisRouter
    var caller = RateCaller()

    init(
      _ policies: [RateLimitPolicy], overrides: [String: RateLimitPolicy]? = nil,
      redis: RedisConfiguration, callTimeout: Duration, tenant: TenantID, loop: EventLoop
    ) {
      metrics = MetricsRegistry()
      log = CapturedLog()
      self.tenant = tenant
      router = RedisRouter(configuration: redis, loop: loop)
      router.start()
      var bounds = RatePath.Limits()
      bounds.callTimeout = callTimeout
      limiter = RateLimiter(
        settings: RateLimitSettings(
          policies: policies, overrides: overrides.map { [tenant: $0] } ?? [:]),
        limits: bounds, redis: router,
        logger: Logger(label: "test", sink: .captured(by: log)), metrics: metrics)
      caller.user = UserID("ann")
      caller.address = IPAddress("192.0.2.1")
    }

    /// Sends one request; whether it was let through, refused from memory, or by Redis.
    func ask(
      _ route: RateRoute = RateLimiterTests.route, memory: Bool = true
    ) async -> (answer: String, charge: RateCharge?) {
      guard let number = limiter.register(route),
        let rates = limiter.rates(of: tenant, route: number)
      else { return ("free", nil) }
      if memory {
        let now = EventLoop.nanoseconds()
        for stage in [RateLimiter.Stage.beforeToken, .afterToken] {
          if let known = limiter.knownRefusal(rates, caller, at: stage, now: now) {
            return ("known \(known.line.remaining)", nil)
          }
        }
      }
      let charge = Waiting(limiter, rates, caller)
      await withCheckedContinuation { continuation in
        charge.continuation = continuation
        limiter.decide(charge)
      }
      switch charge.result! {
      case .allowed(let lines):
        return ("allowed \(lines.map { "\($0.remaining)" }.joined(separator: " "))", charge)
      case .refused(let refusal): return ("refused \(refusal.retryAfterSeconds)", charge)
      case .unavailable: return ("unavailable", charge)
      }
    }

    func metric(_ line: String) -> Bool {
      String(decoding: metrics.render(), as: UTF8.self).contains(line)
    }
  }

  private final class Waiting: RateCharge {
    var continuation: CheckedContinuation<Void, Never>?
    var result: RateResult?

    override func settled(_ result: RateResult) {
      self.result = result
      continuation?.resume()
      continuation = nil
    }
  }

  static let route = RateRoute(name: "claimCoupon", rateClass: .hot, cost: 1)
  private static let dear = RateRoute(name: "createOrder", rateClass: .hot, cost: 2)

  private static func policy(
    _ name: String, _ scope: RateLimitPolicy.Scope, _ limit: Int, per seconds: Int = 3600,
    burst: Int? = nil, isShadow: Bool = false, onFailure: RateLimitPolicy.FailureMode = .open,
    routes: Set<String> = []
  ) -> RateLimitPolicy {
    RateLimitPolicy(
      name: name, scope: scope,
      quota: RateQuota(limit: limit, windowSeconds: seconds, burst: burst ?? limit)!,
      routes: routes, isShadow: isShadow, onFailure: onFailure)
  }

  /// - Parameter redis: the URL of a server that does not answer, or not always; `nil` for the shared one,
  ///   which is waited for as long as it takes.
  private func run(
    _ policies: [RateLimitPolicy], overrides: [String: RateLimitPolicy]? = nil,
    redis: String? = nil, _ body: @escaping @Sendable (Bench) async throws -> Void
  ) async throws {
    let configuration: RedisConfiguration =
      if let redis {
        try .init(url: redis)
      } else {
        try await .patient(url: SharedServers.redis().url)
      }
    let callTimeout: Duration = redis == nil ? .seconds(20) : RatePath.Limits().callTimeout
    let tenant = TenantID(SharedServers.tag("t"))!
    try await withEventLoop { loop in
      let bench = Bench(
        policies, overrides: overrides, redis: configuration, callTimeout: callTimeout,
        tenant: tenant, loop: loop)
      defer { bench.router.close() }
      if redis == nil { try await bench.router.whenReady(deadline: .seconds(60)) }
      try await body(bench)
    }
  }

  /// Whether an answer refuses for `seconds`, or for less by what a slow machine has let pass.
  private static func refuses(_ answer: String, for seconds: Int) -> Bool {
    let words = answer.split(separator: " ")
    guard words.count == 2, words[0] == "refused", let told = Int(words[1]) else { return false }
    return (seconds - 20...seconds).contains(told)
  }

  @Test func `what Redis refused is refused from memory, and told as before`() async throws {
    try await run([Self.policy("address", .address, 2)]) { bench in
      #expect(await bench.ask().answer == "allowed 1")
      #expect(await bench.ask().answer == "allowed 0")
      #expect(await Self.refuses(bench.ask().answer, for: 1800))
      #expect(await bench.ask().answer == "known 0")
      #expect(await Self.refuses(bench.ask(memory: false).answer, for: 1800))
      #expect(
        bench.metric(
          "spillway_rate_limit_decisions_total{policy=\"address\",result=\"denied\"} 3"))
      #expect(
        bench.metric("spillway_rate_limit_deny_cache_hits_total{policy=\"address\"} 1"))
      bench.caller.address = IPAddress("192.0.2.2")
      #expect(await bench.ask().answer == "allowed 1")
    }
  }

  @Test func `each scope counts whose requests it names`() async throws {
    let policies = [
      Self.policy("by-user", .user, 9), Self.policy("by-address", .address, 8),
      Self.policy("by-tenant", .tenant, 7), Self.policy("by-route", .endpoint, 6),
      Self.policy("by-key", .apiKey, 5), Self.policy("by-both", [.user, .address], 4),
    ]
    try await run(policies) { bench in
      #expect(await bench.ask().answer == "allowed 8 7 6 5 3")
      bench.caller.user = UserID("ben")
      #expect(await bench.ask().answer == "allowed 8 6 5 4 3")
      bench.caller.address = IPAddress("2001:db8::1")
      #expect(await bench.ask().answer == "allowed 7 7 4 3 3")
      bench.caller.apiKey = "digest"
      bench.caller.user = nil
      #expect(await bench.ask().answer == "allowed 6 3 2 4")
      let other = RateRoute(name: "other", rateClass: .read, cost: 1)
      #expect(await bench.ask(other).answer == "allowed 5 2 5 3")
    }
  }

  @Test func `a request that one policy refuses is charged to none`() async throws {
    let policies = [Self.policy("wide", .tenant, 5), Self.policy("narrow", .user, 1)]
    try await run(policies) { bench in
      #expect(await bench.ask().answer == "allowed 4 0")
      #expect(await Self.refuses(bench.ask(memory: false).answer, for: 3600))
      bench.caller.user = UserID("ben")
      #expect(await bench.ask().answer == "allowed 3 0")
    }
  }

  @Test func `a route costs what it declares`() async throws {
    try await run([Self.policy("all", .user, 5)]) { bench in
      #expect(await bench.ask(Self.dear).answer == "allowed 3")
      #expect(await bench.ask().answer == "allowed 2")
      #expect(await bench.ask(Self.dear).answer == "allowed 0")
    }
  }

  @Test func `a policy is for the routes that it names`() async throws {
    try await run([Self.policy("some", .user, 5, routes: ["createOrder"])]) { bench in
      #expect(await bench.ask().answer == "free")
      #expect(await bench.ask(Self.dear).answer == "allowed 3")
    }
  }

  @Test func `a tenant may have its own numbers, or none`() async throws {
    let usual = [Self.policy("all", .user, 5), Self.policy("tenant-wide", .tenant, 9)]
    var none = usual[1]
    none.isEnabled = false
    try await run(usual, overrides: ["all": Self.policy("all", .user, 3), "tenant-wide": none]) {
      #expect(await $0.ask().answer == "allowed 2")
    }
  }

  @Test func `a policy on trial is counted and logged, and refuses nothing`() async throws {
    let policies = [
      Self.policy("trial", .user, 1, isShadow: true), Self.policy("real", .user, 5),
    ]
    try await run(policies) { bench in
      for left in [4, 3, 2] { #expect(await bench.ask().answer == "allowed \(left)") }
      #expect(
        bench.metric(
          "spillway_rate_limit_decisions_total{policy=\"trial\",result=\"shadow_denied\"} 2"))
      let lines = bench.log.lines.filter { $0.contains("a shadow rate policy would refuse") }
      #expect(lines.count == 1)
      #expect(lines.first?.contains("\"policy\":\"trial\"") == true)
      #expect(lines.first?.contains("ann") == false)
    }
  }

  @Test func `a charge is given back once, and its key is asked for again`() async throws {
    try await run([Self.policy("all", .user, 1)]) { bench in
      let first = await bench.ask()
      #expect(first.answer == "allowed 0")
      #expect(await Self.refuses(bench.ask().answer, for: 3600))
      #expect(await bench.ask().answer == "known 0")
      first.charge?.refund()
      first.charge?.refund()
      #expect(await bench.ask().answer == "allowed 0")
      #expect(await Self.refuses(bench.ask().answer, for: 3600))
    }
  }

  @Test func `operators look at a key and give back`() async throws {
    try await run([Self.policy("all", .user, 3)]) { bench in
      let ann = RateSubject(user: "ann")
      #expect(
        try await bench.limiter.peek(ann, policy: "all", of: bench.tenant).remaining == 3)
      for _ in 0..<4 { _ = await bench.ask() }
      #expect(await bench.ask().answer == "known 0")
      let line = try await bench.limiter.peek(ann, policy: "all", of: bench.tenant)
      #expect(line.remaining == 0)
      #expect((3580...3600).contains(line.resetSeconds))
      #expect(
        try await bench.limiter.refund(ann, policy: "all", of: bench.tenant, cost: 2).remaining
          == 2)
      #expect(await bench.ask().answer == "allowed 1")
      await #expect(throws: RateLimiter.Refusal.unknownPolicy) {
        try await bench.limiter.peek(ann, policy: "none", of: bench.tenant)
      }
    }
  }

  @Test func `without Redis requests pass, or are refused where a policy wants that`()
    async throws
  {
    let nowhere = "redis://127.0.0.1:1"
    try await run([Self.policy("open", .user, 1)], redis: nowhere) { bench in
      for _ in 0..<3 { #expect(await bench.ask().answer == "allowed ") }
      #expect(bench.metric("spillway_rate_limit_unanswered_total{mode=\"open\"} 3"))
      #expect(bench.log.lines.filter { $0.contains("cannot be asked") }.count == 1)
      await #expect(throws: RateLimiter.Refusal.unavailable) {
        try await bench.limiter.peek(RateSubject(user: "ann"), policy: "open", of: bench.tenant)
      }
    }
    let policies = [
      Self.policy("open", .user, 1), Self.policy("closed", .address, 1, onFailure: .closed),
    ]
    try await run(policies, redis: nowhere) { bench in
      #expect(await bench.ask().answer == "unavailable")
      bench.caller.address = nil
      #expect(await bench.ask().answer == "allowed ")
    }
    let trial = Self.policy("trial", .user, 1, isShadow: true, onFailure: .closed)
    try await run([trial], redis: nowhere) { bench in
      #expect(await bench.ask().answer == "allowed ")
    }
  }

  @Test func `a Redis that hangs keeps nobody waiting for long`() async throws {
    try await withRedis { server in
      try await run([Self.policy("all", .user, 1)], redis: server.url) { bench in
        try await bench.router.whenReady(deadline: .seconds(60))
        try await eventually("the limit is reached") {
          await bench.ask(memory: false).answer.hasPrefix("refused")
        }
        server.kill(signal: SIGSTOP)
        // Whether it was refused or not, nobody knows: it passes, after half a second.
        let stopwatch = Stopwatch()
        #expect(await bench.ask(memory: false).answer == "allowed ")
        #expect(stopwatch.elapsed < .milliseconds(2_500))
        server.kill(signal: SIGCONT)
        try await eventually(within: .seconds(60)) {
          await bench.ask(memory: false).answer.hasPrefix("refused")
        }
      }
    }
  }

  /// The clock is real: whenever memory refuses, Redis is asked at once whether it would have too.
  @Test func `memory never refuses what Redis would let through`() async throws {
    let policy = Self.policy("all", .user, 400, per: 1, burst: 3)
    try await run([policy]) { bench in
      var known = 0
      for _ in 0..<3000 {
        let before = EventLoop.nanoseconds()
        guard await bench.ask().answer.hasPrefix("known") else { continue }
        known += 1
        let line = try await bench.limiter.peek(
          RateSubject(user: "ann"), policy: "all", of: bench.tenant)
        let number = try #require(bench.limiter.register(Self.route))
        let rates = try #require(bench.limiter.rates(of: bench.tenant, route: number))
        // What memory says of the moment before; the request could pass once that time is over.
        let lead = bench.limiter.denied.refusal(
          of: .init(policy: rates.policies[0].number, subject: RateSubject(user: "ann")),
          quota: policy.quota, cost: 1, now: Int(before / 1000))
        guard line.remaining > 0, let lead else { continue }
        let elapsed = Int((EventLoop.nanoseconds() - before) / 1000)
        #expect(elapsed >= policy.quota.waitMicroseconds(lead, cost: 1))
      }
      #expect(known > 0)
    }
  }
}
