import Domain
import HotPath
import Postgres
import Redis
import Services
import TestSupport
import Testing

@testable import API

/// The claim route over real sockets, a real Redis and a real ledger; without a reconciler, so
/// acknowledgements are hot.
@Suite struct ClaimRoutesTests {
  /// A campaign that is open now, with the changes of `members`; its claim path.
  private func create(
    _ api: APIUnderTest<Node>, _ members: [String: JSONValue] = [:], tenant: String = "shop"
  ) async throws -> String {
    var body = CampaignReaderTests.minimal
    let now = WallClock.system.now()
    let times: [String: JSONValue] = [
      "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3600))",
    ]
    for (name, value) in times.merging(members, uniquingKeysWith: { $1 }) {
      body = CampaignReaderTests.replacing(name, in: body, by: value)
    }
    let response = try await api.ask(
      "POST", "/v1/admin/campaigns", host: "\(tenant).test", token: "\(tenant):ann:APP_ADMIN",
      body: body.jsonText)
    let id = try #require(try response.json["data"]?["campaign_id"]?.string, "\(response.text)")
    return "/v1/campaigns/\(id)/coupons"
  }

  private func claim(
    _ api: APIUnderTest<Node>, _ path: String, _ user: String, key: String? = nil
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", path, token: "shop:\(user):USER",
      headers: key.map { [("X-Idempotency-Key", $0)] } ?? [])
  }

  @Test func `a claim is issued once, and a repeat gives the same coupon`() async throws {
    try await withNode { api in
      let path = try await create(api, ["expires_at": "2099-01-01T00:00:00Z"])
      let first = try await claim(api, path, "bob")
      #expect(first.status == 201, "\(first.text)")
      #expect(first.headers["idempotent-replayed"] == nil)
      let coupon = try #require(try first.json["data"])
      #expect(coupon["sequence"] == 1)
      #expect(coupon["status"] == "ISSUED")
      #expect(coupon["acknowledged"] == "hot")
      #expect(coupon["expires_at"] == "2099-01-01T00:00:00.000Z")
      #expect(Identifier(coupon["coupon_id"]?.string ?? "")?.version == 7)
      #expect(path.contains(try #require(coupon["campaign_id"]?.string)))
      let repeated = try await claim(api, path, "bob")
      #expect(repeated.status == 200)
      #expect(repeated.headers["idempotent-replayed"] == "true")
      #expect(try repeated.json["data"] == coupon)
      #expect(try await claim(api, path, "eve").json["data"]?["sequence"] == 2)
    }
  }

  @Test func `an idempotency key gives its coupon again and fits one request only`() async throws {
    try await withNode { api in
      let path = try await create(api, ["per_user_limit": 5])
      let other = try await create(api)
      let first = try await claim(api, path, "bob", key: "k1")
      let replay = try await claim(api, path, "bob", key: "k1")
      #expect(replay.status == 201)
      #expect(replay.headers["idempotent-replayed"] == "true")
      #expect(try replay.json["data"] == first.json["data"])
      let second = try await claim(api, path, "bob", key: "k2")
      #expect(try second.json["data"]?["sequence"] == 2)
      let reuse = try await claim(api, other, "bob", key: "k1")
      #expect(reuse.status == 422)
      #expect(reuse.code == "IDEMPOTENCY_KEY_REUSE")
      // A key is its user's own.
      #expect(try await claim(api, other, "eve", key: "k1").status == 201)
    }
  }

  @Test func `sold out is gone, but not for a holder`() async throws {
    try await withNode { api in
      let path = try await create(api, ["quantity": 1])
      let held = try await claim(api, path, "bob")
      for _ in 0..<5 {
        let refused = try await claim(api, path, "eve")
        #expect(refused.status == 410)
        #expect(refused.code == "SOLD_OUT")
        let again = try await claim(api, path, "bob")
        #expect(again.status == 200)
        #expect(try again.json["data"] == held.json["data"])
      }
    }
  }

  @Test func `before the opening, after the closing and for others it is refused`() async throws {
    try await withNode { api in
      let now = WallClock.system.now()
      let early = try await claim(
        api, create(api, ["opens_at": "\(now + .seconds(600))"]), "bob")
      #expect(early.status == 403)
      #expect(early.code == "NOT_OPEN")
      #expect(try early.json["error"]?["details"]?["opens_at"] == "\(now + .seconds(600))")
      let late = try await claim(
        api, create(api, ["closes_at": "\(now - .seconds(30))"]), "bob")
      #expect(late.status == 410)
      #expect(late.code == "CLOSED")
      let foreign = try await claim(
        api, create(api, ["eligibility": ["markets": ["US"]]]), "bob")
      #expect(foreign.status == 403)
      #expect(foreign.code == "NOT_ELIGIBLE")
    }
  }

  @Test func `over the rate policy a client is told when to come again`() async throws {
    try await withNode { api in
      let path = try await create(
        api, ["rate_policy": ["limit": 1, "window_seconds": 60, "scope": "user"]])
      #expect(try await claim(api, path, "bob").status == 201)
      let refused = try await claim(api, path, "bob")
      #expect(refused.status == 429)
      #expect(refused.code == "RATE_LIMITED")
      let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
      #expect((1...60).contains(wait))
      #expect(refused.headers["ratelimit"] != nil)
      #expect(refused.headers["ratelimit-policy"] != nil)
      #expect(refused.headers["x-ratelimit-limit"] == "1")
      #expect(refused.headers["x-ratelimit-remaining"] == "0")
      #expect(try await claim(api, path, "eve").status == 201)
    }
  }

  @Test func `over the rate policy a claim is refused from memory, and answered as by Redis`()
    async throws
  {
    try await withNode { api in
      let path = try await create(
        api,
        [
          "per_user_limit": 5,
          "rate_policy": ["limit": 2, "window_seconds": 3600, "scope": "user"],
        ])
      let other = try await create(
        api, ["rate_policy": ["limit": 1, "window_seconds": 3600, "scope": "campaign"]])
      for number in 1...2 {
        #expect(try await claim(api, path, "bob", key: "k\(number)").status == 201)
      }
      #expect(try await claim(api, other, "bob").status == 201)
      let first = try await claim(api, path, "bob", key: "k1")
      #expect(first.status == 429)
      #expect(try await claim(api, other, "eve").status == 429)
      let asked = calls(api)
      // Redis looks at the policy first, whatever was granted under the key.
      for key in ["k1", "k2", "k3", nil] {
        let refused = try await claim(api, path, "bob", key: key)
        #expect(refused.status == 429)
        #expect(refused.code == "RATE_LIMITED")
        let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
        #expect((1780...1800).contains(wait))
        let reset = wait + 1800
        #expect(refused.headers["ratelimit"] == "\"user\";r=0;t=\(reset)")
        #expect(refused.headers["ratelimit-policy"] == first.headers["ratelimit-policy"])
      }
      #expect(try await claim(api, other, "bob").status == 429)
      #expect(calls(api) == asked)
      // Others are not meant, and a policy that is gone refuses nobody.
      #expect(try await claim(api, path, "eve").status == 201)
      let campaign = path.split(separator: "/")[2]
      let changed = try await api.ask(
        "PATCH", "/v1/admin/campaigns/\(campaign)", token: "shop:ann:APP_ADMIN",
        body: #"{"rate_policy":null}"#)
      #expect(changed.status == 200, "\(changed.text)")
      try await eventually("the policy is gone") {
        try await claim(api, path, "bob", key: "k1").status == 201
      }
    }
  }

  @Test func `what is remembered of a rate policy counts only while its cell is open`() async throws
  {
    try await withNode { api in
      let path = try await create(
        api, ["rate_policy": ["limit": 1, "window_seconds": 3600, "scope": "user"]])
      #expect(try await claim(api, path, "bob").status == 201)
      #expect(try await claim(api, path, "bob").status == 429)
      let asked = calls(api)
      #expect(try await claim(api, path, "bob").status == 429)
      #expect(calls(api) == asked)
      let lease = api.services.cells.runtime(
        of: CellName.shared(by: TenantID("shop")!, market: "KR")!
      ).lease
      let client = api.services.redis.client(for: lease.keys.lease)
      let vouched = CellLease.text(epoch: 1, runID: client.runID)
      _ = try await client.send(RedisCommand("SET", lease.keys.lease, "2:another"))
      lease.read()
      try await eventually("the cell is closed") { !lease.isOpen }
      #expect(try await claim(api, path, "bob").status == 503)
      _ = try await client.send(RedisCommand("SET", lease.keys.lease, vouched))
      try await eventually("the cell is open") { lease.isOpen }
      // It may count anew by now.
      #expect(try await claim(api, path, "bob").status == 429)
      #expect(calls(api) != asked)
    }
  }

  /// How often claims were sent to Redis.
  private func calls(_ api: APIUnderTest<Node>) -> String {
    let text = String(decoding: api.services.metrics.render(), as: UTF8.self)
    return text.split(separator: "\n").first { $0.hasPrefix("spillway_claim_batch_size_count") }
      .map(String.init) ?? "none"
  }

  @Test func `an unknown campaign and another tenant's are not found`() async throws {
    try await withNode { api in
      let foreign = try await create(api, tenant: "other")
      for path in [
        foreign, "/v1/campaigns/0195d2e0-0000-7000-8000-000000000000/coupons",
        "/v1/campaigns/nonsense/coupons",
      ] {
        let response = try await claim(api, path, "bob")
        #expect(response.status == 404, "\(path)")
        #expect(response.code == "NOT_FOUND")
      }
    }
  }

  @Test func `in a closed cell a client is asked to come again`() async throws {
    try await withNode { api in
      let path = try await create(api, tenant: "other")
      let response = try await api.ask(
        "POST", path, host: "other.test", token: "other:bob:USER")
      #expect(response.status == 503)
      #expect(response.code == "INTERNAL_RETRYABLE")
      #expect(response.headers["retry-after"] != nil)
    }
  }

  @Test func `a lease that the ledger has replaced counts no more, whatever its server says`()
    async throws
  {
    try await withNode { api in
      let path = try await create(api)
      #expect(try await claim(api, path, "ann").status == 201)
      // The ledger has vouched for a promoted replica; the old server, cut off, has not heard of it.
      _ = try await api.services.database.query(
        Statement(
          "test_replaced",
          "update spillway.cells set epoch = 2, run_id = 'another', closed_because = null"), [])
      try await eventually("the claim is refused") {
        try await claim(api, path, "ben").status == 503
      }
      let refused = try await claim(api, path, "cat")
      #expect(refused.code == "INTERNAL_RETRYABLE")
      #expect(refused.headers["retry-after"] != nil)
      let lease = CellKeys(CellName("shop.kr")!).lease
      let client = api.services.redis.client(for: lease)
      _ = try await client.send(
        RedisCommand("SET", lease, CellLease.text(epoch: 2, runID: client.runID)))
      try await eventually("the claim is issued") {
        try await claim(api, path, "dan").status == 201
      }
    }
  }

  @Test func `a recalled campaign is closed to all, and its coupons are worthless`() async throws {
    try await withNode { api in
      let path = try await create(api, [:])
      let id = String(path.split(separator: "/")[2])
      let first = try await claim(api, path, "bob", key: "recalled")
      let coupon = try #require(try first.json["data"]?["coupon_id"]?.string)
      let issuedAt = try #require(try first.json["data"]?["issued_at"]?.string)
      // No reconciler runs here: this stands for it.
      _ = try await api.services.database.query(
        Statement(
          unprepared: """
            insert into spillway.coupons (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id,
              issued_at) values ('shop', '\(id)', 1, 'bob', 1, '\(coupon)', '\(issuedAt)')
            """))
      let answer = try await api.ask("GET", "/v1/coupons/\(coupon)", token: "shop:bob:USER")
      let held = try #require(try answer.json["data"], "\(answer.text)")
      #expect(held["status"] == "ISSUED" && held["campaign_id"]?.string == id)
      #expect(
        try await api.ask("GET", "/v1/coupons/\(coupon)", token: "shop:eve:USER").status == 404)
      let recall = "/v1/admin/campaigns/\(id)/recall"
      let body = #"{"reason":"leaked"}"#
      #expect(
        try await api.ask("POST", recall, token: "shop:bob:USER", body: body).status == 403)
      let empty = try await api.ask(
        "POST", recall, token: "shop:mia:MARKETING_MANAGER", body: "{}")
      #expect(empty.status == 400 && empty.field == "reason")
      for _ in 0..<2 {
        let recalled = try await api.ask(
          "POST", recall, token: "shop:mia:MARKETING_MANAGER", body: body)
        #expect(recalled.status == 200, "\(recalled.text)")
        #expect(try recalled.json["data"]?["recalled_at"]?.string != nil)
        #expect(try recalled.json["data"]?["version"] == 2)
        #expect(try recalled.json["data"]?["remaining"] == 0)
      }
      for (user, key) in [("bob", nil), ("bob", "recalled"), ("eve", nil)] as [(String, String?)] {
        let refused = try await eventually("the node knows") {
          let answer = try await claim(api, path, user, key: key)
          return answer.text.contains("recalled") ? answer : nil
        }
        #expect(refused.status == 410, "\(refused.text)")
        #expect(try refused.json["error"]?["code"] == "CLOSED")
      }
      let list = try await api.ask("GET", "/v1/coupons", token: "shop:bob:USER")
      #expect(try list.json["data"]?.array?.map { $0["status"] } == ["RECALLED"])
      let usage = try await api.ask(
        "GET", "/v1/admin/campaigns/\(id)/usage", token: "shop:mia:MARKETING_MANAGER")
      #expect(try usage.json["data"]?["recalled"] == 1 && usage.json["data"]?["remaining"] == 0)
      for query in ["/\(id)", "?limit=1"] {
        let shown = try await api.ask(
          "GET", "/v1/admin/campaigns\(query)", token: "shop:mia:MARKETING_MANAGER")
        let data = try shown.json["data"]
        #expect((data?.array?.first ?? data)?["remaining"] == 0, "\(shown.text)")
      }
      let change = try await api.ask(
        "PATCH", "/v1/admin/campaigns/\(id)", token: "shop:mia:MARKETING_MANAGER",
        body: #"{"name":"x"}"#)
      #expect(change.status == 409)
    }
  }
}
