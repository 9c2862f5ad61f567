import Domain
import TestSupport
import Testing

@testable import API

/// Coupons and the rules of markets in a cart.
@Suite struct CartCouponTests {
  private static let ann = "ann:USER"

  private func campaign(
    _ shop: Shop, eligibility: JSONValue = [:], expiresAt: Instant? = nil
  ) async throws -> String {
    let now = WallClock.system.now()
    let made = try await shop.manage(
      "POST", "/v1/admin/campaigns",
      [
        "name": "Autumn", "quantity": 100, "per_user_limit": 5,
        "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3_600))",
        "discount": ["type": "rate", "value": 10, "max": 5_000], "eligibility": eligibility,
        "expires_at": JSONValue(expiresAt?.description),
      ])
    return try #require(made["campaign_id"]?.string)
  }

  private func claim(
    _ shop: Shop, _ campaign: String, _ user: String = "ann"
  ) async throws -> String {
    try await eventually {
      let claimed = try await shop.api.ask(
        "POST", "/v1/campaigns/\(campaign)/coupons", token: "shop:\(user):USER")
      return try claimed.json["data"]?["coupon_id"]?.string
    }
  }

  private func ask(
    _ shop: Shop, _ method: String, _ path: String, _ body: String? = nil,
    _ user: String? = ann, language: String = "en"
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      method, "/v1/cart\(path)", token: user.map { "shop:\($0)" },
      headers: [("Accept-Language", language)], body: body)
  }

  private func choose(_ shop: Shop, _ coupon: String, _ user: String? = ann) async throws
    -> HTTPTestResponse
  {
    try await ask(shop, "PUT", "/coupon", #"{"coupon_id":"\#(coupon)"}"#, user)
  }

  private func won(_ amount: Int) -> JSONValue {
    ["amount": .integer(amount), "currency": "KRW"]
  }

  @Test func `a cart comes to what its order will come to`() async throws {
    var rules = MarketRules(market: Market("KR")!, currency: .won)
    rules.taxBasisPoints = 1_000
    rules.shippingFee = 3_000
    rules.freeShippingFrom = 50_000
    var markets = MarketBook()
    let isNew = markets.add(rules, of: nil)
    #expect(isNew)
    try await withShop(markets: markets) { shop in
      try await shop.stock("a", 10, price: 30_000)
      let coupon = try await claim(shop, try await campaign(shop))
      _ = try await ask(shop, "PUT", "/items/a", #"{"quantity":1}"#)
      let chosen = try await choose(shop, coupon)
      #expect(chosen.status == 200, "\(chosen.text)")
      let cart = try #require(try chosen.json["data"])
      #expect(
        cart["coupon"] == [
          "coupon_id": .string(coupon), "eligible": true, "reason": nil, "explanation": nil,
        ])
      #expect(cart["subtotal"] == won(30_000) && cart["discount"] == won(3_000))
      #expect(cart["tax"] == won(2_700) && cart["shipping"] == won(3_000))
      #expect(cart["total"] == won(32_700) && cart["orderable"] == true)
      let order = try await shop.order(Shop.body([("a", 1)], coupon: coupon), "ann")
      #expect(order.status == 201, "\(order.text)")
      for name in ["subtotal", "discount", "tax", "shipping", "total"] {
        #expect(try order.json["data"]?[name] == cart[name], "\(name)")
      }
      let without = try await ask(shop, "DELETE", "/coupon")
      #expect(try without.json["data"]?["coupon"] == .null)
      #expect(try without.json["data"]?["total"] == won(36_000))
    }
  }

  @Test func `a coupon that does not go with the cart says why, and may come to`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 10_000)
      let coupon = try await claim(
        shop, try await campaign(shop, eligibility: ["min_subtotal": 20_000]))
      let empty = try await choose(shop, coupon)
      #expect(empty.status == 200, "\(empty.text)")
      #expect(try empty.json["data"]?["coupon"]?["reason"] == "goods")
      let short = try await ask(
        shop, "PUT", "/items/a", #"{"quantity":1}"#, language: "ko")
      let refused = try #require(try short.json["data"]?["coupon"])
      #expect(refused["eligible"] == false && refused["reason"] == "min_subtotal")
      #expect(refused["explanation"]?.string?.contains("20,000") == true)
      #expect(try short.json["data"]?["discount"] == won(0))
      #expect(try short.json["data"]?["orderable"] == false)
      let enough = try await ask(shop, "PUT", "/items/a", #"{"quantity":2}"#)
      #expect(try enough.json["data"]?["coupon"]?["eligible"] == true)
      #expect(try enough.json["data"]?["discount"] == won(2_000))
      #expect(try enough.json["data"]?["orderable"] == true)
      // To empty a cart is to forget its coupon.
      let cleared = try await ask(shop, "DELETE", "")
      #expect(try cleared.json["data"]?["coupon"] == .null)
    }
  }

  @Test func `only one's own coupon can be chosen, and by members`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let coupon = try await claim(shop, try await campaign(shop))
      let foreign = try await choose(shop, coupon, "bob:USER")
      #expect(foreign.status == 404 && foreign.field == "coupon_id")
      #expect(try await choose(shop, "0195d2e0-0000-7000-8000-000000000000").status == 404)
      #expect(try await choose(shop, "x").field == "coupon_id")
      #expect(try await ask(shop, "PUT", "/coupon", "{}").field == "coupon_id")
      #expect(try await choose(shop, coupon, nil).status == 401)
      #expect(try await ask(shop, "DELETE", "/coupon", nil, nil).status == 401)
      let ended = try await claim(
        shop, try await campaign(shop, expiresAt: WallClock.system.now() + .seconds(3_601)))
      _ = try await shop.api.services.database.query(
        "update spillway.campaigns set expires_at = now() - interval '1 second' where expires_at is not null"
      )
      let late = try await choose(shop, ended)
      #expect(try late.json["data"]?["coupon"]?["reason"] == "expired", "\(late.text)")
    }
  }
}
