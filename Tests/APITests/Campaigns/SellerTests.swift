import Domain
import Services
import TestSupport
import Testing

@testable import API

/// Sellers, who have campaigns of their own and know of no others.
@Suite struct SellerTests {
  private static let sam = "sam:SELLER"
  private static let sue = "sue:SELLER"
  private static let path = "/v1/admin/campaigns"

  private func ids(_ shop: Shop, _ caller: String) async throws -> [String?] {
    let list = try await shop.get(Self.path, caller)
    #expect(list.status == 200, "\(list.text)")
    return try list.json["data"]?.array?.map { $0["campaign_id"]?.string } ?? []
  }

  @Test func `a seller makes campaigns, and buyers use their coupons`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign(by: Self.sam)
      let read = try await shop.get("\(Self.path)/\(campaign)", Self.sam)
      #expect(try read.json["data"]?["created_by"] == "sam")
      let changed = try await shop.api.ask(
        "PATCH", "\(Self.path)/\(campaign)", token: "shop:\(Self.sam)", body: #"{"name":"Mine"}"#)
      #expect(try changed.json["data"]?["name"] == "Mine", "\(changed.text)")
      let coupon = try await shop.claimed(campaign)
      let order = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
      #expect(try order.json["data"]?["discount"]?["amount"] == 1_000, "\(order.text)")
      try await shop.recorded(1, of: campaign)
      let usage = try await shop.get("\(Self.path)/\(campaign)/usage", Self.sam)
      #expect(try usage.json["data"]?["issued"] == 1, "\(usage.text)")
      let issues = try await shop.get("\(Self.path)/\(campaign)/issues", Self.sam)
      #expect(try issues.json["data"]?.array?.first?["user_id"] == "bob")
      #expect(try await shop.recall(campaign, coupon: coupon, by: Self.sam).status == 200)
      #expect(try await shop.recall(campaign, user: "bob", by: Self.sam).status == 200)
      #expect(try await shop.recall(campaign, by: Self.sam).status == 200)
      #expect(try await shop.claim(campaign, "eve").code == "CLOSED")
    }
  }

  @Test func `to a seller no campaign exists but the seller's own`() async throws {
    try await withShop { shop in
      let sams = try await shop.campaign(by: Self.sam)
      let sues = try await shop.campaign(by: Self.sue)
      let shops = try await shop.campaign(by: Shop.marketing)
      #expect(try await ids(shop, Self.sam) == [sams])
      #expect(try await ids(shop, Self.sue) == [sues])
      #expect(try await ids(shop, Shop.marketing) == [shops, sues, sams])
      #expect(try await ids(shop, "seth:SELLER") == [])
      let coupon = try await shop.claimed(sues)
      try await shop.recorded(1, of: sues)
      for campaign in [sues, shops] {
        for part in ["", "/usage", "/issues"] {
          let response = try await shop.get("\(Self.path)/\(campaign)\(part)", Self.sam)
          #expect(response.status == 404, "\(part): \(response.text)")
        }
        let changed = try await shop.api.ask(
          "PATCH", "\(Self.path)/\(campaign)", token: "shop:\(Self.sam)", body: #"{"name":"x"}"#)
        #expect(changed.status == 404, "\(changed.text)")
        #expect(try await shop.recall(campaign, by: Self.sam).status == 404)
        #expect(try await shop.recall(campaign, user: "bob", by: Self.sam).status == 404)
      }
      #expect(try await shop.recall(sues, coupon: coupon, by: Self.sam).status == 404)
      let untouched = try await shop.get("\(Self.path)/\(sues)", Self.sue)
      #expect(try untouched.json["data"]?["recalled_at"] == .null)
      #expect(try untouched.json["data"]?["name"] == "Autumn")
      #expect(try await shop.get("/v1/coupons/\(coupon)").text.contains("ISSUED"))
    }
  }

  @Test func `a list of a seller's campaigns comes in pages`() async throws {
    try await withShop { shop in
      var made: [String] = []
      for number in 0..<6 {
        made.append(try await shop.campaign(by: number % 2 == 0 ? Self.sam : Self.sue))
      }
      var seen: [String] = []
      var cursor: String?
      repeat {
        let page = try await shop.get(
          "\(Self.path)?limit=2\(cursor.map { "&cursor=\($0)" } ?? "")", Self.sam)
        seen += try page.json["data"]?.array?.compactMap { $0["campaign_id"]?.string } ?? []
        cursor = try page.json["next_cursor"]?.string
      } while cursor != nil
      #expect(seen == [made[4], made[2], made[0]])
    }
  }
}
