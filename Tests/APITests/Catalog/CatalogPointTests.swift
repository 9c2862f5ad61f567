import Domain
import TestSupport
import Testing

@testable import API

/// Prices in points, as operators write them and visitors read them.
@Suite struct CatalogPointTests {
  private static func price(_ amount: Int, _ currency: String) -> JSONValue {
    ["market": "KR", "amount": .integer(amount), "currency": .string(currency)]
  }

  private static func sum(_ amount: Int, _ currency: String) -> JSONValue {
    ["amount": .integer(amount), "currency": .string(currency)]
  }

  private func product(_ shop: Shop, _ id: String) async throws -> JSONValue? {
    try await shop.get("/v1/products/\(id)", nil).json["data"]
  }

  @Test func `products that cost points are listed and told, and sorted by their amounts`()
    async throws
  {
    try await withShop { shop in
      let mug = try await shop.addProduct("mug", price: 900)
      let pin = try await shop.addProduct("pin", price: 50)
      let cap = try await shop.addProduct("cap", price: 100)
      let change: JSONValue = ["prices": [Self.price(700, "POINT")]]
      let unit = try await shop.manage("PATCH", "/v1/admin/skus/cap", change, status: 200)
      #expect(unit["prices"] == [Self.price(700, "POINT")])
      #expect(try await shop.productIDs("sort=price") == [pin, cap, mug])
      #expect(try await shop.productIDs("sort=-price") == [mug, cap, pin])
      let list = try await shop.get("/v1/products?sort=price", nil).json["data"]?.array
      #expect(
        list?.map { $0["price"] }
          == [Self.sum(50, "KRW"), Self.sum(700, "POINT"), Self.sum(900, "KRW")])
      try await shop.receive("cap", 5)
      try await eventually("the cell's price is told") {
        try await product(shop, cap)?["available"] == 5
      }
      #expect(
        try await product(shop, cap)?["skus"]?.array?.first?["price"] == Self.sum(700, "POINT"))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a sale price beside points is in points, and ends with them`() async throws {
    try await withShop { shop in
      let now = WallClock.system.now()
      let cap = try await shop.addProduct("cap", price: 900, quantity: 5)
      func window(_ amount: Int, _ currency: String) -> JSONValue {
        [
          "market": "KR", "amount": .integer(amount), "currency": .string(currency),
          "starts_at": "\(now - .seconds(60))", "ends_at": "\(now + .seconds(3_600))",
        ]
      }
      let foreign = try await shop.api.ask(
        "PATCH", "/v1/admin/skus/cap", token: "shop:\(Shop.admin)",
        body: (["sale_prices": [window(300, "POINT")]] as JSONValue).jsonText)
      #expect(foreign.status == 400 && foreign.field == "sale_prices", "\(foreign.text)")
      try await shop.manage(
        "PATCH", "/v1/admin/skus/cap",
        ["prices": [Self.price(500, "POINT")], "sale_prices": [window(300, "POINT")]], status: 200)
      try await eventually("the sale price is told") {
        let told = try await product(shop, cap)
        return told?["sale_price"]?["amount"] == 300
          && told?["sale_price"]?["currency"] == "POINT"
          && told?["price"] == Self.sum(500, "POINT")
      }
      try await shop.untilTold()
      let placed = try await shop.order(Shop.body([("cap", 1)]))
      #expect(try placed.json["data"]?["total"] == Self.sum(300, "POINT"), "\(placed.text)")
      let money = try await shop.manage(
        "PATCH", "/v1/admin/skus/cap", ["prices": [Self.price(900, "KRW")]], status: 200)
      #expect(money["sale_prices"] == [])
      try await shop.untilTold()
      #expect(try await shop.breaches() == [])
    }
  }
}
