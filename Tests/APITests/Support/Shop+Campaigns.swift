import Domain
import TestSupport
import Testing

@testable import API

extension Shop {
  static let marketing = "mia:MARKETING_MANAGER"

  /// Makes a campaign that is open, with the changes of `members`, and returns its id.
  func campaign(
    _ discount: JSONValue = ["type": "amount", "value": 1_000, "currency": "KRW"],
    eligibility: JSONValue = [:], expiresAt: Instant? = nil, limit: Int = 5,
    by caller: String = admin
  ) async throws -> String {
    let now = WallClock.system.now()
    let body: JSONValue = [
      "name": "Autumn", "quantity": 1_000, "per_user_limit": .integer(limit),
      "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3_600))",
      "discount": discount, "eligibility": eligibility,
      "expires_at": JSONValue(expiresAt?.description),
    ]
    let made = try await api.ask(
      "POST", "/v1/admin/campaigns", token: "shop:\(caller)", body: body.jsonText)
    #expect(made.status == 201, "\(made.text)")
    try await untilTold()
    return try #require(try made.json["data"]?["campaign_id"]?.string)
  }

  /// Sends a claim.
  func claim(
    _ campaign: String, _ user: String = "bob", key: String? = nil
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", "/v1/campaigns/\(campaign)/coupons", token: "shop:\(user):USER",
      headers: key.map { [("X-Idempotency-Key", $0)] } ?? [])
  }

  /// Claims a coupon and returns its id at once: the ledger may not have it yet.
  func claimed(_ campaign: String, _ user: String = "bob", key: String? = nil) async throws
    -> String
  {
    try await eventually {
      try await claim(campaign, user, key: key).json["data"]?["coupon_id"]?.string
    }
  }

  /// Waits until the ledger has so many coupons of a campaign.
  func recorded(_ count: Int, of campaign: String) async throws {
    try await eventually("\(count) coupons are recorded") {
      let issues = try await get("/v1/admin/campaigns/\(campaign)/issues?limit=100", Self.admin)
      return try issues.json["data"]?.array?.count == count
    }
  }

  /// Takes back one coupon, the coupons of a user, or the campaign.
  func recall(
    _ campaign: String, coupon: String? = nil, user: String? = nil, by caller: String = marketing,
    key: String? = nil, reason: String = "leaked"
  ) async throws -> HTTPTestResponse {
    let part = coupon.map { "/coupons/\($0)" } ?? user.map { "/users/\($0)" } ?? ""
    return try await api.ask(
      "POST", "/v1/admin/campaigns/\(campaign)\(part)/recall", token: "shop:\(caller)",
      headers: key.map { [("X-Idempotency-Key", $0)] } ?? [], body: #"{"reason":"\#(reason)"}"#)
  }
}
