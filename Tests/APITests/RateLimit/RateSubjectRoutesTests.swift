import Domain
import Services
import TestSupport
import Testing

@testable import API

/// Operators look at what was charged to somebody under the installation's rate policies, and give it back.
@Suite struct RateSubjectRoutesTests {
  private static func policy(
    _ name: String, _ scope: RateLimitPolicy.Scope, routes: Set<String> = ["listOrders"]
  ) -> RateLimitPolicy {
    RateLimitPolicy(
      name: name, scope: scope, quota: RateQuota(limit: 3, windowSeconds: 3600, burst: 3)!,
      routes: routes)
  }

  /// Three an hour for each user's lists of orders; the others are for routes that are asked for here alone.
  private static let settings: RateLimitSettings = {
    let policies = [
      policy("own", .user), policy("place", .address, routes: ["getWallet"]),
      policy("key", .apiKey, routes: ["getWallet"]),
      policy("pair", [.user, .endpoint], routes: ["getWallet"]),
      policy("all", .tenant, routes: ["getWallet"]),
    ]
    var exempt = policies[0]
    exempt.isEnabled = false
    return RateLimitSettings(
      policies: policies, overrides: [TenantID("other")!: ["own": exempt]])
  }()

  /// What a test asks.
  private struct Desk {
    let api: APIUnderTest<Node>

    func request(_ user: String = "bob", _ path: String = "/v1/orders") async throws -> Int {
      try await api.ask(
        "GET", path, token: "shop:\(user):USER", headers: [("X-Market-API-Key", "secret")]
      ).status
    }

    func ask(
      _ action: String, _ policy: String, _ body: String, role: String = "APP_ADMIN",
      tenant: String = "shop", key: String? = nil
    ) async throws -> HTTPTestResponse {
      try await api.ask(
        "POST", "/v1/admin/rate-policies/\(policy)/\(action)", host: "\(tenant).test",
        token: "\(tenant):ann:\(role)", headers: key.map { [("X-Idempotency-Key", $0)] } ?? [],
        body: body)
    }

    /// What is left to a subject, without charging it.
    func left(_ policy: String, _ body: String) async throws -> Int? {
      let answer = try await ask("peek", policy, body)
      #expect(answer.status == 200, "\(answer.text)")
      return try answer.json["data"]?["remaining"]?.integer
    }
  }

  private func withDesk(
    _ body: @escaping @Sendable (Desk) async throws -> Void
  ) async throws {
    try await withShop(configure: { $0.rateLimits = Self.settings }) { shop in
      let node = shop.api.services
      let api = try APIUnderTest(
        SpillwayRoutes.table, services: node, loop: shop.api.loop, settings: APISettings(),
        rates: node.rateLimiter, idempotency: node.idempotency)
      defer { api.server.close() }
      try await eventually("Redis") { node.redis.isReachable }
      try await body(Desk(api: api))
    }
  }

  @Test func `a peek tells what is left and charges nothing, a refund lets through again`()
    async throws
  {
    try await withDesk { (desk) async throws in
      #expect(try await desk.left("own", #"{"user":"bob"}"#) == 3)
      for _ in 0..<3 { #expect(try await desk.request() == 200) }
      #expect(try await desk.request() == 429)
      for _ in 0..<2 {
        let answer = try await desk.ask("peek", "own", #"{"user":"bob"}"#, role: "APP_OPERATOR")
        #expect(answer.status == 200, "\(answer.text)")
        let standing = try #require(try answer.json["data"])
        #expect(standing["policy"] == "own" && standing["remaining"] == 0)
        #expect(standing["limit"] == 3 && standing["window_seconds"] == 3600)
        #expect(standing["burst"] == 3 && standing["shadow"] == false)
        #expect((3500...3600).contains(standing["reset_seconds"]?.integer ?? 0))
      }
      #expect(try await desk.left("own", #"{"user":"eve"}"#) == 3)

      let refunded = try await desk.ask("refund", "own", #"{"user":"bob","units":2}"#)
      #expect(refunded.status == 200, "\(refunded.text)")
      #expect(try refunded.json["data"]?["remaining"] == 2)
      #expect(try await desk.request() == 200)
      // Never more than the burst.
      let full = try await desk.ask("refund", "own", #"{"user":"bob","units":3}"#)
      #expect(try full.json["data"]?["remaining"] == 3)
      #expect(try full.json["data"]?["reset_seconds"] == 0)
    }
  }

  @Test func `a refund that is sent again under its key is made once`() async throws {
    try await withDesk { (desk) async throws in
      for _ in 0..<3 { #expect(try await desk.request() == 200) }
      for time in 1...2 {
        let answer = try await desk.ask("refund", "own", #"{"user":"bob"}"#, key: "k")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.headers["idempotent-replayed"] == (time == 2 ? "true" : nil))
      }
      #expect(try await desk.left("own", #"{"user":"bob"}"#) == 1)
      let other = try await desk.ask("refund", "own", #"{"user":"eve"}"#, key: "k")
      #expect(other.code == "IDEMPOTENCY_KEY_REUSE")
    }
  }

  @Test func `a subject is named by all that its policy tells apart`() async throws {
    try await withDesk { (desk) async throws in
      #expect(try await desk.request("bob", "/v1/wallet") == 200)
      for (policy, body) in [
        ("place", #"{"ip":"127.0.0.1"}"#), ("key", #"{"api_key":"secret"}"#),
        ("pair", #"{"user":"bob","endpoint":"getWallet"}"#), ("all", "{}"),
      ] {
        #expect(try await desk.left(policy, body) == 2, "\(policy)")
      }
      for (policy, body) in [
        ("place", #"{"ip":"10.0.0.1"}"#), ("key", #"{"api_key":"other"}"#),
        ("pair", #"{"user":"eve","endpoint":"getWallet"}"#),
      ] {
        #expect(try await desk.left(policy, body) == 3, "\(policy)")
      }
    }
  }

  @Test func `what is wrong with a question is named`() async throws {
    try await withDesk { (desk) async throws in
      for (action, policy, body, field) in [
        ("peek", "own", "{}", "user"), ("peek", "own", #"{"user":7}"#, "user"),
        ("peek", "own", #"{"user":"bob","ip":"10.0.0.1"}"#, "ip"),
        ("peek", "all", #"{"user":"bob"}"#, "user"),
        ("peek", "place", #"{"ip":"nowhere"}"#, "ip"),
        ("peek", "key", #"{"api_key":""}"#, "api_key"),
        ("peek", "pair", #"{"user":"bob"}"#, "endpoint"),
        ("peek", "pair", #"{"user":"bob","endpoint":"listOrders"}"#, "endpoint"),
        ("refund", "own", #"{"user":"bob","units":0}"#, "units"),
        ("refund", "own", #"{"user":"bob","units":4}"#, "units"),
        ("refund", "own", #"{"user":"bob","units":"1"}"#, "units"),
      ] {
        let answer = try await desk.ask(action, policy, body)
        #expect(answer.status == 400, "\(body): \(answer.text)")
        #expect(answer.field == field, "\(body)")
      }
      #expect(try await desk.ask("peek", "none", #"{"user":"bob"}"#).status == 404)
      // A tenant that is exempt has no such policy.
      let exempt = try await desk.ask("peek", "own", #"{"user":"bob"}"#, tenant: "other")
      #expect(exempt.status == 404)
      let operatorsRefund = try await desk.ask(
        "refund", "own", #"{"user":"bob"}"#, role: "APP_OPERATOR")
      #expect(operatorsRefund.status == 403)
      #expect(try await desk.left("own", #"{"user":"bob"}"#) == 3)
    }
  }

  @Test func `without rate policies there is none to ask about`() async throws {
    try await withNode { api in
      let answer = try await Desk(api: api).ask("peek", "own", #"{"user":"bob"}"#)
      #expect(answer.status == 404)
    }
  }
}
