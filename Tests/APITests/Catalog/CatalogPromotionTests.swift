import Domain
import TestSupport
import Testing

@testable import API

/// Campaigns that a product tells of: those that issue coupons, and those whose coupons outlive them.
@Suite struct CatalogPromotionTests {
  /// Makes a campaign that is open; returns its id.
  private func campaign(_ name: String, quantity: Int, _ shop: Shop) async throws -> String {
    let now = WallClock.system.now()
    let made = try await shop.manage(
      "POST", "/v1/admin/campaigns",
      [
        "name": .string(name), "quantity": .integer(quantity), "per_user_limit": 1,
        "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3_600))",
        "discount": ["type": "amount", "value": 1_000, "currency": "KRW"], "eligibility": [:],
      ])
    return try #require(made["campaign_id"]?.string)
  }

  private func change(
    _ campaign: String, _ member: String, to instant: Instant, _ shop: Shop
  ) async throws {
    try await shop.manage(
      "PATCH", "/v1/admin/campaigns/\(campaign)", [member: "\(instant)"], status: 200)
  }

  /// Waits until a product tells of just these campaigns, by their names, and whether they are claimable.
  private func expect(
    _ told: [String: JSONValue], _ product: String, _ what: String, _ shop: Shop
  ) async throws {
    try await eventually(what) {
      let coupons = try await shop.look("/v1/products/\(product)")
        .json["data"]?["promotions"]?["coupons"]?.array
      var found: [String: JSONValue] = [:]
      for coupon in coupons ?? [] {
        found[coupon["name"]?.string ?? ""] = coupon["claimable"]
      }
      return found == told
    }
  }

  @Test func `a product goes on to tell of a campaign as long as its coupons can be used`()
    async throws
  {
    try await withShop { shop in
      let product = try await shop.addProduct("a", price: 30_000, quantity: 5)
      let few = try await campaign("few", quantity: 1, shop)
      let many = try await campaign("many", quantity: 100, shop)
      let none = try await campaign("none", quantity: 100, shop)
      try await expect(["few": true, "many": true, "none": true], product, "all are open", shop)

      let coupon = try await shop.claimed(few)
      _ = try await shop.claimed(many)
      try await shop.recorded(1, of: many)
      try await expect(["few": false, "many": true, "none": true], product, "one is gone", shop)
      let list = try await shop.look("/v1/products")
      let ids = try list.json["data"]?.array?.first?["campaign_ids"]?.array ?? []
      #expect(Set(ids.compactMap { $0.string }) == [many, none], "\(list.text)")
      // What is told is true: the coupon is good.
      let order = try await eventually("there is stock") {
        let order = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
        return order.status == 201 ? order : nil
      }
      #expect(try order.json["data"]?["coupon_id"] == .string(coupon))

      // Nobody has a coupon of the one; the other's goes on.
      let past = WallClock.system.now() - .seconds(1)
      for closed in [many, none] { try await change(closed, "closes_at", to: past, shop) }
      try await expect(["few": false, "many": false], product, "two are closed", shop)
      try await change(few, "expires_at", to: past, shop)
      try await expect(["many": false], product, "one has ended", shop)
      #expect(try await shop.recall(many).status == 200)
      try await expect([:], product, "the last is recalled", shop)
    }
  }
}
