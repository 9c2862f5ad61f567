import Foundation
import TestSupport
import Testing

/// Rate policies of a whole instance, from the file to the wire.
@Suite struct RateLimitTests {
  private func policies(_ text: String) throws -> String {
    let path = "\(TestFolder.make("rates"))/rates.json"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func `claims are held to policies of the installation and of the campaign`() async throws {
    let file = try policies(
      """
      {"policies": [
        {"name": "claims", "scope": "user", "limit": 2, "window_seconds": 3600, "classes": ["hot"]},
        {"name": "address", "scope": "ip", "limit": 5, "window_seconds": 3600, "classes": ["hot"]}],
       "tenants": {"other": {"claims": {"limit": 9}}}}
      """)
    let options = ["--rate-policies", file, "--trusted-proxies", "127.0.0.0/8", "--loops", "1"]
    try await withInstance(in: try await DataFolder.make(), options: options) { instance in
      let (site, administrator) = (instance.site, try await instance.administrator())
      let body = """
        {"name":"A test","quantity":100,"per_user_limit":9,"opens_at":"2020-01-01T00:00:00Z",
        "closes_at":"2100-01-01T00:00:00Z","discount":{"type":"rate","value":0.1},
        "rate_policy":{"limit":8,"window_seconds":3600}}
        """
      let made = try await site.request(
        "POST", "/v1/admin/campaigns", token: administrator, body: body)
      #expect(made.status == 201)
      #expect(made.headers["ratelimit"] == nil)
      let campaign = try #require(made.data?["campaign_id"] as? String)
      func claim(_ token: String, from address: String = "192.0.2.1") async throws
        -> HTTPTestResponse
      {
        try await site.claim(campaign, token: token, headers: [("X-Forwarded-For", address)])
      }
      let ann = try await instance.token("ann")
      let first = try await claim(ann)
      #expect(first.status == 201)
      #expect(
        first.headers["ratelimit-policy"]
          == "\"claims\";q=2;w=3600, \"address\";q=5;w=3600, \"user\";q=8;w=3600")
      #expect(
        first.headers["ratelimit"]
          == "\"claims\";r=1;t=1800, \"address\";r=4;t=720, \"user\";r=7;t=450")
      #expect(first.headers["x-ratelimit-remaining"] == "1")
      #expect(try await claim(ann).status == 201)
      for _ in 0..<2 {
        let refused = try await claim(ann)
        #expect(refused.status == 429)
        #expect(refused.errorCode == "RATE_LIMITED")
        let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
        #expect((1700...1800).contains(wait))
      }
      // Another user of the same address: three of its five are left.
      let ben = try await instance.token("ben")
      #expect(try await claim(ben).headers["x-ratelimit-remaining"] == "1")
      #expect(try await claim(ben).headers["x-ratelimit-remaining"] == "0")
      let cat = try await instance.token("cat")
      #expect(try await claim(cat).status == 201)
      #expect(try await claim(try await instance.token("dan")).status == 429)
      #expect(try await claim(try await instance.token("dan"), from: "192.0.2.2").status == 201)
      // A bad token meets the policy of its address before anybody looks at it.
      #expect(try await claim("nonsense").status == 429)
      #expect(try await claim("nonsense", from: "192.0.2.3").status == 401)
      let metrics = try await site.request("GET", "/metrics").text
      #expect(
        metrics.contains(
          "spillway_rate_limit_decisions_total{policy=\"claims\",result=\"denied\"} 2"))
    }
  }

  @Test func `what a campaign's policy refuses is not charged to the installation's`()
    async throws
  {
    let file = try policies(
      """
      {"policies": [
        {"name": "all", "scope": "user", "limit": 3, "window_seconds": 3600, "classes": ["hot"]}]}
      """)
    let options = ["--rate-policies", file, "--loops", "1"]
    try await withInstance(in: try await DataFolder.make(), options: options) { instance in
      let (site, administrator) = (instance.site, try await instance.administrator())
      func campaign(_ policy: String) async throws -> String {
        let body = """
          {"name":"A test","quantity":100,"per_user_limit":9,"opens_at":"2020-01-01T00:00:00Z",
          "closes_at":"2100-01-01T00:00:00Z","discount":{"type":"rate","value":0.1}\(policy)}
          """
        let made = try await site.request(
          "POST", "/v1/admin/campaigns", token: administrator, body: body)
        return try #require(made.data?["campaign_id"] as? String)
      }
      let narrow = try await campaign(#","rate_policy":{"limit":1,"window_seconds":3600}"#)
      let wide = try await campaign("")
      let ann = try await instance.token("ann")
      #expect(
        try await site.claim(narrow, token: ann).headers["ratelimit"]
          == "\"all\";r=2;t=1200, \"user\";r=0;t=3600")
      for _ in 0..<10 {
        let refused = try await site.claim(narrow, token: ann)
        #expect(refused.status == 429)
        #expect(refused.headers["ratelimit-policy"] == "\"user\";q=1;w=3600")
      }
      for status in [201, 201, 429] {
        #expect(try await site.claim(wide, token: ann).status == status)
      }
    }
  }

  @Test func `a file with a mistake ends the start with the name of the field`() async throws {
    let file = try policies(
      #"{"policies": [{"name": "a", "scope": "ip", "limit": 0, "window_seconds": 1}]}"#)
    let result = try await spillway("up", "--rate-policies", file)
    #expect(result.status == .exited(2))
    #expect(
      result.errors
        == "spillway: up: --rate-policies: \(file): policies.0.limit must be between 1 and 1000000\n"
    )
    let unknown = try policies(
      #"{"policies": [{"name": "a", "scope": "ip", "limit": 1, "window_seconds": 1, "per": 1}]}"#)
    let second = try await spillway(
      "serve",
      environment: [
        "SPILLWAY_RATE_POLICIES": unknown, "SPILLWAY_REDIS_URL": "redis://127.0.0.1:1",
        "SPILLWAY_DATABASE_URL": "postgres://u@127.0.0.1:1/x",
      ])
    #expect(second.status == .exited(2))
    #expect(
      second.errors.hasPrefix(
        "spillway: serve: SPILLWAY_RATE_POLICIES: \(unknown): policies.0.per is unknown"))
    #expect(second.errors.split(separator: "\n").count == 1)
  }
}
