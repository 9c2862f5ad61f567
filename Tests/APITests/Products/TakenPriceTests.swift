import Domain
import Redis
import TestSupport
import Testing

@testable import API

/// Prices that are taken away: the SKU is then not sold in that market.
@Suite struct TakenPriceTests {
  private func change(
    _ shop: Shop, _ body: JSONValue, status: Int = 200
  ) async throws -> JSONValue {
    try await shop.manage("PATCH", "/v1/admin/skus/a", body, status: status)
  }

  private func isOrdered(_ shop: Shop, sale: String? = nil) async throws -> Bool {
    let answer = try await shop.order(Shop.body([("a", 1)], sale: sale))
    #expect([201, 404, 503].contains(answer.status), "\(answer.text)")
    return answer.status == 201
  }

  private func isRefused(_ shop: Shop) async throws -> Bool {
    let answer = try await shop.order(Shop.body([("a", 1)]))
    return try answer.status == 404 && answer.code == "NOT_FOUND"
      && answer.json["error"]?["details"]?["skus"] == ["a"]
  }

  @Test
  func `what has no price in a market is neither listed nor sold there, until it has one again`()
    async throws
  {
    try await withShop { shop in
      let id = try await shop.addProduct("a", quantity: 40)
      let both = try await change(
        shop, ["prices": [["market": "US", "amount": 9900, "currency": "USD"]]])
      #expect(both["prices"]?.array?.count == 2)
      try await eventually("it is sold") { try await isOrdered(shop) }
      let order = try await shop.placed([("a", 2)])
      let sale = try await shop.sale(["a": 5], limit: 5)
      let cart = try await shop.api.ask(
        "PUT", "/v1/cart/items/a", token: "shop:bob:USER", body: #"{"quantity":1}"#)
      #expect(cart.status == 200, "\(cart.text)")
      try await eventually("it is popular") {
        try await shop.get("/v1/products/popular", nil).json["data"]?.array?.count == 1
      }
      #expect(try await shop.productIDs("") == [id])

      let left = try await change(shop, ["prices": [["market": "KR", "amount": .null]]])
      #expect(left["prices"] == [["market": "US", "amount": 9900, "currency": "USD"]])
      try await eventually("it is listed no more") { try await shop.productIDs("") == [] }
      #expect(try await shop.look("/v1/products/\(id)").status == 404)
      #expect(try await shop.productIDs("market=US") == [id])
      #expect(try await shop.look("/v1/products/\(id)?market=US").status == 200)
      try await eventually("it is not sold") { try await isRefused(shop) }
      #expect(try await shop.get("/v1/skus/a/stock", nil).status == 404)
      let put = try await shop.api.ask(
        "PUT", "/v1/cart/items/a", token: "shop:eve:USER", body: #"{"quantity":1}"#)
      #expect(put.status == 404, "\(put.text)")
      #expect(try await shop.get("/v1/cart").json["data"]?["orderable"] == false)
      try await eventually("it is named no more") {
        try await shop.get("/v1/products/popular", nil).json["data"]?.array?.isEmpty == true
      }
      // A sale has prices of its own, and what was promised is kept.
      #expect(try await isOrdered(shop, sale: sale))
      try await shop.charge(2_000)
      try await shop.settle(order)
      try await shop.receive("a", 3)

      // A cell that is rebuilt knows it too.
      _ = try await shop.api.services.redis.client(for: "any").send(RedisCommand("FLUSHALL"))
      try await eventually("the cell is back") { try await isOrdered(shop, sale: sale) }
      #expect(try await isRefused(shop))
      #expect(try await shop.breaches() == [])

      _ = try await change(
        shop, ["prices": [["market": "KR", "amount": 700, "currency": "KRW"]]])
      let again = try await eventually("it is sold again") { () -> HTTPTestResponse? in
        let answer = try await shop.order(Shop.body([("a", 1)]))
        return answer.status == 201 ? answer : nil
      }
      #expect(try again.json["data"]?["total"]?["amount"] == 700, "\(again.text)")
      try await eventually("it is listed again") { try await shop.productIDs("") == [id] }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a product is sold in a market as long as one of its SKUs has a price there`()
    async throws
  {
    try await withShop { shop in
      let id = try await shop.addProduct("a", price: 500, quantity: 5)
      try await shop.manage(
        "POST", "/v1/admin/skus",
        [
          "sku": "b", "product_id": .string(id),
          "prices": [["market": "KR", "amount": 800, "currency": "KRW"]],
        ])
      _ = try await change(shop, ["prices": [["market": "KR", "amount": .null]]])
      try await eventually("the other SKU is left") {
        let told = try await shop.look("/v1/products/\(id)").json["data"]
        return told?["skus"]?.array?.map { $0["sku"] } == ["b"]
          && told?["price"]?["amount"] == 800
      }
      #expect(try await shop.productIDs("sort=price") == [id])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `sale prices go with the price, and what is wrong is named`() async throws {
    try await withShop { shop in
      _ = try await shop.addProduct("a")
      let sale: JSONValue = [
        "market": "KR", "amount": 70, "currency": "KRW", "starts_at": "2026-01-01T00:00:00.000Z",
        "ends_at": "2126-01-01T00:00:00.000Z",
      ]
      let price: JSONValue = ["market": "KR", "amount": 100, "currency": "KRW"]
      // As it was read, but for the amount.
      let none: JSONValue = ["market": "KR", "amount": .null, "currency": "KRW"]
      #expect(try await change(shop, ["sale_prices": [sale]])["sale_prices"] == [sale])
      for (body, field) in [
        (["prices": [none], "sale_prices": [sale]], "sale_prices"),
        (["prices": [none, price]], "prices.1.market"),
        (["prices": [["market": "KR"]]], "prices.0.amount"),
        (["prices": [["market": "KR", "amount": .null, "currency": "EUR"]]], "prices.0.currency"),
        (["prices": [["amount": .null]]], "prices.0.market"),
        (["prices": [["market": "KR", "amount": 5]]], "prices.0.currency"),
        (["prices": []], "prices"),
      ] as [(JSONValue, String)] {
        let answer = try await shop.api.ask(
          "PATCH", "/v1/admin/skus/a", token: "shop:\(Shop.admin)", body: body.jsonText)
        #expect(answer.status == 400 && answer.field == field, "\(body): \(answer.text)")
      }
      let product = try await shop.manage("POST", "/v1/admin/products", ["name": "Shoe"])
      let draft: JSONValue = [
        "sku": "b", "product_id": product["product_id"]!, "prices": [none],
      ]
      let new = try await shop.api.ask(
        "POST", "/v1/admin/skus", token: "shop:\(Shop.admin)", body: draft.jsonText)
      #expect(new.status == 400 && new.field == "prices.0.amount", "\(new.text)")

      for _ in 0..<2 {
        let bare = try await change(shop, ["prices": [none]])
        #expect(bare["prices"] == [] && bare["sale_prices"] == [])
      }
      let late: JSONValue = ["sale_prices": [sale]]
      let missing = try await shop.api.ask(
        "PATCH", "/v1/admin/skus/a", token: "shop:\(Shop.admin)", body: late.jsonText)
      #expect(missing.status == 400 && missing.field == "sale_prices", "\(missing.text)")
      #expect(try await shop.breaches() == [])
    }
  }
}
