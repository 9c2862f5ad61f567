import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// The goods that a campaign's coupons are for.
@Suite struct CampaignGoodsTests {
  private static let nobody = "0195d2e0-0000-7000-8000-000000000000"

  private func ask(
    _ shop: Shop, _ method: String, _ path: String = "", _ body: JSONValue
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      method, "/v1/admin/campaigns\(path)", token: "shop:\(Shop.marketing)", body: body.jsonText)
  }

  private func body(_ eligibility: JSONValue) -> JSONValue {
    CampaignReaderTests.replacing("eligibility", in: CampaignReaderTests.minimal, by: eligibility)
  }

  @Test func `a product that is named in capitals is the same product`() async throws {
    try await withShop { shop in
      let product = try await shop.addProduct("a", quantity: 5)
      let campaign = try await shop.campaign(
        eligibility: ["products": [.string(product.uppercased())]])
      let read = try await shop.manage("GET", "/v1/admin/campaigns/\(campaign)", status: 200)
      #expect(read["eligibility"]?["products"] == [.string(product)])
      let coupon = try await shop.claimed(campaign)
      let order = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
      #expect(order.status == 201, "\(order.text)")
    }
  }

  @Test func `goods that do not exist are refused with their place`() async throws {
    try await withShop { shop in
      let product = JSONValue.string(try await shop.addProduct("a"))
      try await shop.manage(
        "POST", "/v1/admin/categories", ["slug": "shoes", "names": ["en": "Shoes"]])
      for (eligibility, field) in [
        (["products": [product, .string(Self.nobody)]], "eligibility.products.1"),
        (["categories": ["shoes", "bags"]], "eligibility.categories.1"),
      ] as [(JSONValue, String)] {
        let refused = try await ask(shop, "POST", "", body(eligibility))
        #expect(refused.status == 400 && refused.field == field, "\(refused.text)")
      }
      let made = try await ask(
        shop, "POST", "", body(["products": [product], "categories": ["shoes"]]))
      #expect(made.status == 201, "\(made.text)")
      let path = "/\(try #require(try made.json["data"]?["campaign_id"]?.string))"
      let refused = try await ask(
        shop, "PATCH", path, ["eligibility": ["categories": ["bags"]]])
      #expect(refused.status == 400 && refused.field == "eligibility.categories.0")
      // What was there when it was named may go; the campaign can be changed all the same.
      let gone = try await shop.api.ask(
        "DELETE", "/v1/admin/categories/shoes", token: "shop:\(Shop.admin)")
      #expect(gone.status == 204, "\(gone.text)")
      for change in [
        ["name": "Later"],
        ["eligibility": ["products": [product], "categories": ["shoes"], "markets": ["KR"]]],
      ] as [JSONValue] {
        let changed = try await ask(shop, "PATCH", path, change)
        #expect(changed.status == 200, "\(changed.text)")
      }
    }
  }
}
