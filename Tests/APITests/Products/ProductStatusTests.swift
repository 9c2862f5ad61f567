import Domain
import Redis
import TestSupport
import Testing

@testable import API

/// What is not on sale: drafts, and what was withdrawn.
@Suite struct ProductStatusTests {
  /// Adds a product of a status with the SKU `a`, and receives 50 pieces of it; returns its id.
  private func product(_ shop: Shop, _ status: String) async throws -> String {
    let product = try await shop.manage(
      "POST", "/v1/admin/products",
      [
        "name": "internal", "status": .string(status),
        "texts": ["en": ["name": "Shoe"], "ko": ["name": "운동화"]],
      ])
    try await shop.manage(
      "POST", "/v1/admin/skus",
      [
        "sku": "a", "product_id": product["product_id"]!,
        "prices": [["market": "KR", "amount": 1000, "currency": "KRW"]],
      ])
    try await shop.receive("a", 50)
    return try #require(product["product_id"]?.string)
  }

  private func turn(_ shop: Shop, _ product: String, _ status: String) async throws {
    try await shop.manage(
      "PATCH", "/v1/admin/products/\(product)", ["status": .string(status)], status: 200)
  }

  /// Everything that a buyer can do with `a`.
  private func expectUnsold(_ shop: Shop, sale: String? = nil) async throws {
    let query = sale.map { "?sale_id=\($0)" } ?? ""
    let order = try await shop.order(Shop.body([("a", 1)], sale: sale))
    #expect(order.status == 404, "\(order.text)")
    #expect(try order.json["error"]?["details"]?["skus"] == ["a"])
    #expect(try await shop.get("/v1/skus/a/stock\(query)", nil).status == 404)
    let cart = try await shop.api.ask(
      "PUT", "/v1/cart/items/a\(query)", token: "shop:bob:USER", body: #"{"quantity":1}"#)
    #expect(cart.status == 404, "\(cart.text)")
    let popular = try await shop.get("/v1/products/popular", nil)
    #expect(try popular.json["data"]?.array?.contains { $0["name"] == "internal" } == false)
  }

  @Test func `a draft is not sold, not put in a cart and not named`() async throws {
    try await withShop { shop in
      let id = try await product(shop, "draft")
      try await expectUnsold(shop)
      try await turn(shop, id, "active")
      try await eventually("it is sold") {
        try await shop.order(Shop.body([("a", 1)])).status == 201
      }
      #expect(try await shop.level("a") == [49, 1, 0])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `what is withdrawn is sold no more, in sales either; what is held of it stays`()
    async throws
  {
    try await withShop { shop in
      let id = try await product(shop, "active")
      let sale = try await shop.sale(["a": 20], limit: 5)
      let body = Shop.body([("a", 2)])
      let first = try await shop.order(body, key: "first")
      #expect(first.status == 201)
      let order = try #require(try first.json["data"]?["order_id"]?.string)
      #expect(try await shop.order(Shop.body([("a", 4)], sale: sale)).status == 201)
      let put = try await shop.api.ask(
        "PUT", "/v1/cart/items/a", token: "shop:bob:USER", body: #"{"quantity":1}"#)
      #expect(put.status == 200)
      try await eventually("it is popular") {
        try await shop.get("/v1/products/popular", nil).json["data"]?.array?.count == 1
      }

      try await turn(shop, id, "retired")
      try await eventually("it is not sold") {
        try await shop.order(Shop.body([("a", 1)])).status == 404
      }
      try await eventually("nor in the sale") {
        try await shop.order(Shop.body([("a", 1)], sale: sale)).status == 404
      }
      try await expectUnsold(shop)
      try await expectUnsold(shop, sale: sale)
      try await eventually("it is named no more") {
        try await shop.get("/v1/products/popular", nil).json["data"]?.array?.isEmpty == true
      }
      let cart = try await shop.get("/v1/cart")
      #expect(try cart.json["data"]?["orderable"] == false)
      // What was granted is said again, and can be paid.
      let again = try await shop.order(body, key: "first")
      #expect(again.status == 201 && again.headers["idempotent-replayed"] == "true")
      try await shop.charge(2_000)
      try await shop.settle(order)

      // A cell that is rebuilt knows it too, and who has how much of a limited SKU.
      _ = try await shop.api.services.redis.client(for: "any").send(RedisCommand("FLUSHALL"))
      try await eventually("the cell is back") {
        try await shop.order(Shop.body([("a", 1)])).status == 404
      }
      try await expectUnsold(shop, sale: sale)
      try await turn(shop, id, "active")
      try await eventually("it is sold again") {
        try await shop.order(Shop.body([("a", 1)], sale: sale)).status == 201
      }
      let more = try await shop.order(Shop.body([("a", 1)], sale: sale))
      #expect(more.status == 422, "\(more.text)")
      #expect(try await shop.breaches() == [])
    }
  }

  @Test
  func `what is popular is told in the reader's language, others instead of what is withdrawn`()
    async throws
  {
    try await withShop { shop in
      let id = try await product(shop, "active")
      #expect(try await shop.order(Shop.body([("a", 40)])).status == 201)
      for number in 1...6 {
        try await shop.stock("s\(number)", 100)
        #expect(try await shop.order(Shop.body([("s\(number)", number)])).status == 201)
      }
      func popular(_ language: String) async throws -> HTTPTestResponse {
        try await shop.api.ask(
          "GET", "/v1/products/popular", headers: [("Accept-Language", language)])
      }
      let korean = try await eventually("all are counted") { () -> HTTPTestResponse? in
        let answer = try await popular("ko")
        return try answer.json["data"]?.array?.last?["quantity"] == 3 ? answer : nil
      }
      #expect(try korean.json["data"]?.array?.first?["name"] == "운동화")
      #expect(korean.headers["vary"]?.contains("Accept-Language") == true)
      #expect(try await popular("en").json["data"]?.array?.first?["name"] == "Shoe")
      try await turn(shop, id, "retired")
      let others = try await eventually("others are told") { () -> [JSONValue]? in
        let data = try await popular("en").json["data"]?.array ?? []
        return data.first?["quantity"] == 6 ? data : nil
      }
      #expect(others.map { $0["quantity"] } == [6, 5, 4, 3, 2])
    }
  }
}
