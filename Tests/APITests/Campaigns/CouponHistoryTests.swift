import Domain
import TestSupport
import Testing

@testable import API

/// When coupons were used, for which order, and since when they are recalled, as holders and operators read it.
@Suite struct CouponHistoryTests {
  /// The coupons of a campaign as an operator reads them.
  private func issues(
    _ shop: Shop, _ campaign: String, _ query: String = ""
  ) async throws -> [JSONValue] {
    let answer = try await shop.get(
      "/v1/admin/campaigns/\(campaign)/issues\(query)", Shop.marketing)
    #expect(answer.status == 200, "\(answer.text)")
    return try #require(try answer.json["data"]?.array)
  }

  /// What is told of a coupon to its holder, alone and in the list, and to an operator: the same.
  private func history(
    of coupon: String, _ campaign: String, _ shop: Shop, location: SourceLocation = #_sourceLocation
  ) async throws -> [String: JSONValue] {
    let alone = try #require(try await shop.get("/v1/coupons/\(coupon)").json["data"])
    let held = try await shop.get("/v1/coupons").json["data"]?.array ?? []
    let issued = try await issues(shop, campaign)
    #expect(held.contains(alone), sourceLocation: location)
    let told = issued.first { $0["coupon_id"]?.string == coupon }
    var history: [String: JSONValue] = [:]
    for name in ["status", "used_at", "order_id", "recalled_at"] {
      #expect(alone[name] == told?[name], "\(name)", sourceLocation: location)
      history[name] = alone[name]
    }
    #expect(
      Set(alone.object!.names)
        == Set(CampaignSchema.heldCoupon.definition["properties"]!.object!.names),
      sourceLocation: location)
    return history
  }

  private static func untouched(_ status: String = "ISSUED") -> [String: JSONValue] {
    ["status": .string(status), "used_at": .null, "order_id": .null, "recalled_at": .null]
  }

  @Test func `a used coupon tells when and for which order, until the order is undone`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign()
      let used = try await shop.claimed(campaign, key: "one")
      let other = try await shop.claimed(campaign, key: "two")
      try await shop.recorded(2, of: campaign)
      let before = WallClock.system.now()
      let placed = try await shop.order(Shop.body([("a", 1)], coupon: used))
      let order = try #require(try placed.json["data"]?["order_id"]?.string, "\(placed.text)")
      // An order that waits for its payment has used nothing.
      #expect(try await history(of: used, campaign, shop) == Self.untouched())
      try await shop.credit("bob", 29_000)
      #expect(try await shop.pay(order).status == 200)

      var told = try await history(of: used, campaign, shop)
      let usedAt = try #require(told["used_at"]?.string.flatMap { Instant($0) })
      // The ledger's clock, and ours.
      #expect(usedAt > before - .seconds(60) && usedAt < WallClock.system.now() + .seconds(60))
      told["used_at"] = .null
      #expect(
        told == [
          "status": "USED", "used_at": .null, "order_id": .string(order), "recalled_at": .null,
        ])
      #expect(try await history(of: other, campaign, shop) == Self.untouched())
      #expect(try await shop.get("/v1/coupons/\(used)", "eve:USER").status == 404)
      #expect(
        try await shop.get("/v1/admin/campaigns/\(campaign)/issues", "bob:USER").status == 403)

      #expect(try await shop.undo("refund", order).status == 200)
      #expect(try await history(of: used, campaign, shop) == Self.untouched())
    }
  }

  @Test func `a recalled coupon tells since when, by itself or with its campaign`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign()
      let alone = try await shop.claimed(campaign, key: "one")
      let used = try await shop.claimed(campaign, key: "two")
      let last = try await shop.claimed(campaign, key: "three")
      try await shop.recorded(3, of: campaign)
      let order = try await shop.order(Shop.body([("a", 1)], coupon: used))
      let id = try #require(try order.json["data"]?["order_id"]?.string, "\(order.text)")
      try await shop.credit("bob", 29_000)
      #expect(try await shop.pay(id).status == 200)

      let taken = try await shop.recall(campaign, coupon: alone)
      let takenAt = try #require(try taken.json["data"]?["recalled_at"]?.string, "\(taken.text)")
      // One that was used stays so, taken back or not.
      let kept = try await shop.recall(campaign, coupon: used)
      #expect(try kept.json["data"]?["recalled_at"] == .null, "\(kept.text)")
      let whole = try await shop.recall(campaign)
      let wholeAt = try #require(try whole.json["data"]?["recalled_at"]?.string, "\(whole.text)")
      #expect(try await history(of: alone, campaign, shop)["recalled_at"] == .string(takenAt))
      #expect(
        try await history(of: last, campaign, shop) == [
          "status": "RECALLED", "used_at": .null, "order_id": .null,
          "recalled_at": .string(wholeAt),
        ])
      let still = try await history(of: used, campaign, shop)
      #expect(still["status"] == "USED" && still["order_id"] == .string(id))
      #expect(still["recalled_at"] == .null)

      #expect(try await shop.undo("refund", id).status == 200)
      let gone = try await history(of: used, campaign, shop)
      #expect(gone["status"] == "RECALLED" && gone["recalled_at"]?.string != nil)
      #expect(gone["used_at"] == .null && gone["order_id"] == .null)
      #expect(try await shop.breaches() == [])
      // What is worthless already does not become so once more.
      let late = try await shop.recall(campaign, coupon: last)
      #expect(try late.json["data"]?["recalled_at"] == .string(wholeAt), "\(late.text)")
    }
  }

  @Test func `an operator lists the coupons of one status, page by page`() async throws {
    try await withShop { shop in
      let campaign = try await shop.campaign()
      var coupons: [String] = []
      for key in ["one", "two", "three", "four"] {
        coupons.append(try await shop.claimed(campaign, key: key))
      }
      try await shop.recorded(4, of: campaign)
      for coupon in [coupons[1], coupons[3]] {
        #expect(try await shop.recall(campaign, coupon: coupon).status == 200)
      }
      func listed(_ query: String) async throws -> [String] {
        try await issues(shop, campaign, query).compactMap { $0["coupon_id"]?.string }
      }
      #expect(try await listed("?status=ISSUED") == [coupons[0], coupons[2]])
      #expect(try await listed("?status=RECALLED") == [coupons[1], coupons[3]])
      #expect(try await listed("?status=USED") == [])
      #expect(try await listed("?status=") == coupons)
      let path = "/v1/admin/campaigns/\(campaign)/issues?status=RECALLED&limit=1"
      let first = try await shop.get(path, Shop.marketing)
      let cursor = try #require(try first.json["next_cursor"]?.string, "\(first.text)")
      let second = try await shop.get("\(path)&cursor=\(cursor)", Shop.marketing)
      #expect(try second.json["data"]?.array?.first?["coupon_id"]?.string == coupons[3])
      #expect(try second.json["next_cursor"] == .null)
      for query in ["status=used", "status=EXPIRED"] {
        let refused = try await shop.get(
          "/v1/admin/campaigns/\(campaign)/issues?\(query)", Shop.marketing)
        #expect(refused.status == 400 && refused.field == "status", "\(refused.text)")
      }
      // What fell with its campaign is recalled, and no longer issued.
      #expect(try await shop.recall(campaign).status == 200)
      #expect(try await listed("?status=ISSUED") == [])
      #expect(try await listed("?status=RECALLED") == coupons)
    }
  }
}
