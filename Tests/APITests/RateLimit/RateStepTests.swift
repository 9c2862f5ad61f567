import Domain
import TestSupport
import Testing

@testable import API

/// Rate policies over real sockets and a real Redis.
@Suite struct RateStepTests {
  private typealias API = APIUnderTest<SampleServices>

  private func claim(
    _ api: API, _ user: String? = "bob", headers: [(String, String)] = []
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", "/v1/things/one/claims", token: user.map { "shop:\($0):USER" }, headers: headers)
  }

  @Test func `an answer tells of every policy, and the older fields of the tightest`()
    async throws
  {
    try await withRatedAPI {
      $0.add("wide", .tenant, 100, per: 60)
      $0.add("own", .user, 2, per: 60)
      $0.add("trial", .user, 1, isShadow: true)
    } _: { (api, settings) async throws in
      let wide = settings.policies[0].name
      let own = settings.policies[1].name
      let first = try await claim(api)
      #expect(first.status == 201)
      #expect(
        first.headers["ratelimit-policy"] == "\"\(wide)\";q=100;w=60, \"\(own)\";q=2;w=60")
      #expect(first.headers["ratelimit"] == "\"\(wide)\";r=99;t=1, \"\(own)\";r=1;t=30")
      #expect(first.headers["x-ratelimit-limit"] == "2")
      #expect(first.headers["x-ratelimit-remaining"] == "1")
      #expect(first.headers["x-ratelimit-reset"] == "30")
      #expect(first.headers["retry-after"] == nil)
      // An ordinary route takes the same way.
      let second = try await api.ask("GET", "/v1/me", token: "shop:bob:USER")
      #expect(second.status == 200)
      #expect(second.headers["x-ratelimit-remaining"] == "0")
    }
  }

  @Test func `over a policy a request is refused, by Redis and then from memory`() async throws {
    try await withRatedAPI {
      $0.add("own", .user, 1, per: 60)
    } _: { (api, settings) async throws in
      #expect(try await claim(api).status == 201)
      for _ in 0..<3 {
        let refused = try await claim(api, headers: [("Accept-Language", "ko")])
        #expect(refused.status == 429)
        #expect(refused.code == "RATE_LIMITED")
        #expect(refused.text.contains("요청이 너무 많습니다"))
        // Less by what a slow machine has let pass.
        let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
        #expect((40...60).contains(wait))
        #expect(
          refused.headers["ratelimit"] == "\"\(settings.policies[0].name)\";r=0;t=\(wait)")
        #expect(refused.headers["x-request-id"] != nil)
      }
      #expect(try await claim(api, "eve").status == 201)
    }
  }

  @Test func `what Redis refused before is refused without a look at the token`() async throws {
    try await withRatedAPI {
      $0.add("address", .address, 2)
    } _: { (api, _) async throws in
      #expect(try await claim(api).status == 201)
      // A bad token counts too: guessing is limited.
      let guess = try await api.ask(
        "POST", "/v1/things/one/claims", token: "nonsense")
      #expect(guess.status == 401)
      #expect(guess.headers["x-ratelimit-remaining"] == "0")
      let refused = try await claim(api)
      #expect(refused.status == 429)
      let unauthorized = try await api.ask("POST", "/v1/things/one/claims", token: "nonsense")
      #expect(unauthorized.status == 429)
      let none = try await claim(api, nil)
      #expect(none.status == 429)
    }
  }

  @Test func `a request without a user comes under policies that count none`() async throws {
    try await withRatedAPI {
      $0.add("own", .user, 1)
    } _: { (api, _) async throws in
      for _ in 0..<3 {
        let open = try await api.ask("GET", "/v1/open/x")
        #expect(open.status == 200)
        #expect(open.headers["ratelimit"] == nil)
      }
    }
  }

  @Test func `tenants are counted apart`() async throws {
    try await withRatedAPI {
      $0.add("all", .tenant, 1)
    } _: { (api, _) async throws in
      #expect(try await api.ask("GET", "/v1/open/x").status == 200)
      #expect(try await api.ask("GET", "/v1/open/x").status == 429)
      #expect(try await api.ask("GET", "/v1/open/x", host: "other.test").status == 200)
    }
  }

  @Test func `API keys are counted apart, by a digest`() async throws {
    try await withRatedAPI {
      $0.add("keys", .apiKey, 1)
    } _: { (api, _) async throws in
      func ask(_ key: String?) async throws -> Int {
        try await api.ask(
          "GET", "/v1/open/x", headers: key.map { [("X-Market-API-Key", $0)] } ?? []
        ).status
      }
      #expect(try await ask("one") == 200)
      #expect(try await ask("one") == 429)
      #expect(try await ask("two") == 200)
      #expect(try await ask(nil) == 200)
      #expect(try await ask(nil) == 200)
    }
  }

  @Test func `a policy is for the classes and routes that it names`() async throws {
    try await withRatedAPI {
      $0.add("admin", .tenant, 1, classes: [.admin])
      $0.add("single", .tenant, 1, routes: ["getMe"])
    } _: { (api, _) async throws in
      let token = "shop:bob:USER"
      for _ in 0..<2 { #expect(try await claim(api).headers["ratelimit"] == nil) }
      #expect(try await api.ask("GET", "/v1/me", token: token).status == 200)
      #expect(try await api.ask("GET", "/v1/me", token: token).status == 429)
      #expect(try await api.ask("POST", "/v1/admin/things", token: token).status == 403)
      #expect(try await api.ask("POST", "/v1/admin/things", token: token).status == 429)
      #expect(try await api.ask("GET", "/healthz").status == 200)
    }
  }

  @Test func `a request that failed for our own reason gets its charge back`() async throws {
    try await withRatedAPI {
      $0.add("all", .tenant, 1)
    } _: { (api, _) async throws in
      for _ in 0..<3 {
        let failed = try await api.ask("DELETE", "/v1/admin/things")
        #expect(failed.status == 503)
      }
      // A refusal of the client's own making is charged.
      #expect(try await api.ask("GET", "/v1/me").status == 401)
      #expect(try await api.ask("GET", "/v1/me").status == 429)
    }
  }

  @Test func `a request that a policy of what it asks for refused gets its charge back`()
    async throws
  {
    try await withRatedAPI {
      $0.add("all", .tenant, 2)
    } _: { (api, _) async throws in
      let client = try await api.connect()
      defer { client.close() }
      for _ in 0..<20 {
        client.send(
          "POST", "/v1/things/fast/claims",
          headers: [("Host", "shop.test"), ("Authorization", "Bearer shop:bob:USER")])
        #expect(try await client.response().status == 429)
      }
      #expect(try await claim(api).status == 201)
      // What is not there is the client's own affair.
      #expect(
        try await api.ask("POST", "/v1/things/gone/claims", token: "shop:bob:USER").status == 410)
      #expect(try await claim(api).status == 429)
    }
  }

  @Test func `a refusal names the policy that is waited for, from memory as by Redis`()
    async throws
  {
    try await withRatedAPI {
      $0.add("wide", .tenant, 100, per: 60)
      $0.add("own", .user, 1, per: 60)
      $0.add("slow", .user, 1, per: 600)
    } _: { (api, settings) async throws in
      #expect(try await claim(api).status == 201)
      for _ in 0..<3 {
        let refused = try await claim(api)
        #expect(refused.status == 429)
        let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
        #expect((580...600).contains(wait))
        let name = settings.policies[2].name
        #expect(refused.headers["ratelimit-policy"] == "\"\(name)\";q=1;w=600")
        #expect(refused.headers["ratelimit"] == "\"\(name)\";r=0;t=\(wait)")
        #expect(refused.headers["x-ratelimit-limit"] == "1")
      }
    }
  }

  @Test func `a request that ran into its deadline gets its charge back`() async throws {
    try await withRatedAPI {
      $0.add("all", .tenant, 1)
    } limits: {
      $0.limits.requestDeadline = .milliseconds(300)
    } _: { (api, _) async throws in
      #expect(try await api.ask("GET", "/v1/held").status == 503)
      try await eventually(within: .seconds(20)) {
        try await api.ask("GET", "/v1/open/x").status == 200
      }
    }
  }

  @Test func `without Redis requests pass, or are answered 503 where a policy wants that`()
    async throws
  {
    let nowhere = "redis://127.0.0.1:1"
    try await withRatedAPI {
      $0.redisURL = nowhere
      $0.add("all", .tenant, 1)
    } _: { (api, _) async throws in
      for _ in 0..<3 { #expect(try await claim(api).status == 201) }
    }
    try await withRatedAPI {
      $0.redisURL = nowhere
      $0.add("all", .tenant, 1, onFailure: .closed)
    } _: { (api, _) async throws in
      let refused = try await claim(api)
      #expect(refused.status == 503)
      #expect(refused.code == "INTERNAL_RETRYABLE")
      #expect(refused.headers["retry-after"] == "1")
    }
  }

  @Test func `requests in a crowd are let through up to the limit exactly`() async throws {
    try await withRatedAPI {
      $0.add("all", .tenant, 40)
    } _: { (api, _) async throws in
      let client = try await api.connect()
      defer { client.close() }
      for _ in 0..<100 {
        client.send("GET", "/v1/open/x", headers: [("Host", "shop.test")])
      }
      var statuses: [Int: Int] = [:]
      for _ in 0..<100 { statuses[try await client.response().status, default: 0] += 1 }
      #expect(statuses == [200: 40, 429: 60])
    }
  }
}
