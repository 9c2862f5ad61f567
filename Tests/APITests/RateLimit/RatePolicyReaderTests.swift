import Domain
import Testing

@testable import API

@Suite struct RatePolicyReaderTests {
  private static let routes = [
    RateRoute(name: "claimCoupon", rateClass: .hot, cost: 1),
    RateRoute(name: "createCampaign", rateClass: .admin, cost: 3),
  ]

  private func read(_ text: String) throws(APIError) -> RateLimitSettings {
    try RatePolicyReader.settings(json: Array(text.utf8), routes: Self.routes)
  }

  @Test func `a file with everything is read`() throws {
    let settings = try read(
      """
      {"policies": [
         {"name": "address", "scope": "ip", "limit": 600, "window_seconds": 60, "burst": 100,
          "classes": ["hot"], "on_failure": "closed"},
         {"name": "user-route", "scope": ["user", "endpoint"], "limit": 10, "window_seconds": 1,
          "routes": ["createCampaign"], "shadow": true},
         {"name": "all", "scope": "tenant", "limit": 5000, "window_seconds": 1}],
       "tenants": {"demo": {"address": {"limit": 1200}, "all": {"enabled": false},
                            "user-route": {"burst": 20, "shadow": false, "on_failure": "closed"}}},
       "costs": {"claimCoupon": 2},
       "ipv6_prefix": 56}
      """)
    let demo = settings.policies(of: TenantID("demo")!)
    let other = settings.policies(of: TenantID("other")!)
    #expect(other.map(\.name) == ["address", "user-route", "all"])
    #expect(demo.map(\.name) == ["address", "user-route"])
    #expect(other[0].quota == RateQuota(limit: 600, windowSeconds: 60, burst: 100))
    #expect(other[0].scope == .address)
    #expect(other[0].onFailure == .closed)
    #expect(other[0].applies(to: Self.routes[0]) && !other[0].applies(to: Self.routes[1]))
    #expect(other[1].scope == [.user, .endpoint])
    #expect(other[1].isShadow && other[1].onFailure == .open)
    #expect(other[2].quota.burst == 5000 && other[2].scope == .tenant)
    #expect(demo[0].quota == RateQuota(limit: 1200, windowSeconds: 60, burst: 1200))
    #expect(demo[1].quota == RateQuota(limit: 10, windowSeconds: 1, burst: 20))
    #expect(!demo[1].isShadow && demo[1].onFailure == .closed)
    #expect(settings.cost(of: Self.routes[0]) == 2 && settings.cost(of: Self.routes[1]) == 3)
    #expect("\(settings.counted(IPAddress("2001:db8:1:2ff::1")!))" == "2001:db8:1:200::")
  }

  private static let good = #""name": "a", "scope": "ip", "limit": 10, "window_seconds": 1"#

  static let mistakes: [(String, String)] = [
    ("", "the file"), ("{", "the file"), (#"{"policies": [], "policies": []}"#, "the file"),
    ("[]", "body"), ("{}", "policies"), (#"{"policies": {}}"#, "policies"),
    (#"{"policies": [], "polices": []}"#, "polices"),
    (#"{"policies": [7]}"#, "policies.0"),
    (#"{"policies": [{}]}"#, "policies.0.name"),
    (#"{"policies": [{\#(good), "limits": 5}]}"#, "policies.0.limits"),
    (
      #"{"policies": [{"name": "A", "scope": "ip", "limit": 1, "window_seconds": 1}]}"#,
      "policies.0.name"
    ),
    (
      #"{"policies": [{"name": "user", "scope": "ip", "limit": 1, "window_seconds": 1}]}"#,
      "policies.0.name"
    ),
    (#"{"policies": [{\#(good)}, {\#(good)}]}"#, "policies.1.name"),
    (
      #"{"policies": [{"name": "a", "scope": "person", "limit": 1, "window_seconds": 1}]}"#,
      "policies.0.scope"
    ),
    (
      #"{"policies": [{"name": "a", "scope": [], "limit": 1, "window_seconds": 1}]}"#,
      "policies.0.scope"
    ),
    (
      #"{"policies": [{"name": "a", "scope": ["ip", "ip"], "limit": 1, "window_seconds": 1}]}"#,
      "policies.0.scope.1"
    ),
    (#"{"policies": [{"name": "a", "scope": "ip", "window_seconds": 1}]}"#, "policies.0.limit"),
    (
      #"{"policies": [{"name": "a", "scope": "ip", "limit": 0, "window_seconds": 1}]}"#,
      "policies.0.limit"
    ),
    (
      #"{"policies": [{"name": "a", "scope": "ip", "limit": 1.5, "window_seconds": 1}]}"#,
      "policies.0.limit"
    ),
    (
      #"{"policies": [{"name": "a", "scope": "ip", "limit": 1, "window_seconds": 86401}]}"#,
      "policies.0.window_seconds"
    ),
    (#"{"policies": [{\#(good), "burst": 0}]}"#, "policies.0.burst"),
    (
      #"{"policies": [{"name": "a", "scope": "ip", "limit": 1, "window_seconds": 86400, "burst": 40}]}"#,
      "policies.0.burst"
    ),
    (#"{"policies": [{\#(good), "burst": 2}]}"#, "policies.0.burst"),
    (#"{"policies": [{\#(good), "shadow": 1}]}"#, "policies.0.shadow"),
    (#"{"policies": [{\#(good), "on_failure": "maybe"}]}"#, "policies.0.on_failure"),
    (#"{"policies": [{\#(good), "classes": ["cold"]}]}"#, "policies.0.classes.0"),
    (#"{"policies": [{\#(good), "classes": []}]}"#, "policies.0.classes"),
    (#"{"policies": [{\#(good), "routes": ["getNothing"]}]}"#, "policies.0.routes.0"),
    (#"{"policies": [{\#(good)}], "tenants": {"A!": {}}}"#, "tenants.A!"),
    (#"{"policies": [{\#(good)}], "tenants": {"demo": {"b": {}}}}"#, "tenants.demo.b"),
    (
      #"{"policies": [{\#(good)}], "tenants": {"demo": {"a": {"name": "x"}}}}"#,
      "tenants.demo.a.name"
    ),
    (
      #"{"policies": [{\#(good)}], "tenants": {"demo": {"a": {"limit": -1}}}}"#,
      "tenants.demo.a.limit"
    ),
    (
      #"{"policies": [{\#(good)}], "tenants": {"demo": {"a": {"limit": 2}}}}"#,
      "tenants.demo.a.burst"
    ),
    (#"{"policies": [{\#(good)}], "costs": {"nothing": 1}}"#, "costs.nothing"),
    (#"{"policies": [{\#(good)}], "costs": {"claimCoupon": 0}}"#, "costs.claimCoupon"),
    (#"{"policies": [{\#(good)}], "costs": {"claimCoupon": 11}}"#, "policies.0.burst"),
    (#"{"policies": [{\#(good)}], "ipv6_prefix": 200}"#, "ipv6_prefix"),
  ]

  @Test(arguments: mistakes)
  func `a mistake is named by its field`(text: String, field: String) {
    let error = #expect(throws: APIError.self) { try read(text) }
    #expect(error?.details["field"]?.string == field)
    #expect(error?.details["reason"]?.string?.isEmpty == false)
  }
}
