import Domain
import TestSupport
import Testing

@testable import API
@testable import Services

/// What the catalogue tells of stock and sale prices, which a cell decides.
@Suite struct CatalogStockTests {
  @Test func `stock is told as it is, and a sale price is what an order is charged`() async throws {
    try await withShop { shop in
      let id = try await shop.addProduct("a", price: 1000, quantity: 10)
      func shown() async throws -> JSONValue {
        try #require(try await shop.look("/v1/products/\(id)").json["data"])
      }
      try await eventually("all is in stock") { try await shown()["available"] == 10 }
      #expect(try await shop.order(Shop.body([("a", 4)])).status == 201)
      // Something older than a second may be in memory now: it is told before the second is over, or never.
      _ = try await shown()
      try await shop.untilForgotten()
      try await eventually("what was sold is gone") { try await shown()["available"] == 6 }
      let now = WallClock.system.now()
      let ends = now + .seconds(12)
      try await shop.manage(
        "PATCH", "/v1/admin/skus/a",
        [
          "sale_prices": [
            [
              "market": "KR", "amount": 600, "currency": "KRW", "starts_at": "\(now + .seconds(1))",
              "ends_at": "\(ends)",
            ]
          ]
        ], status: 200)
      var charged: Set<Int> = []
      while WallClock.system.now() < ends + .seconds(2) {
        let before = try await shown()
        let answer = try await shop.order(
          Shop.body([("a", 1)]), "u\(UInt64.random(in: 0...UInt64.max))")
        let after = try await shown()
        if answer.status == 410 {
          try await shop.receive("a", 50)
          continue
        }
        // The machine stood still, and the cell was closed for it.
        if answer.status == 503 { continue }
        let paid = try #require(try answer.json["data"]?["subtotal"]?["amount"]?.integer)
        charged.insert(paid)
        // What an order is charged was shown just before, or is from then on within a second.
        func price(_ data: JSONValue) -> Int? {
          (data["sale_price"]?["amount"] ?? data["price"]?["amount"])?.integer
        }
        if price(before) != paid, price(after) != paid {
          try await eventually("what is charged is shown") {
            let shownNow = price(try await shown())
            if shownNow == paid { return true }
            // It may have changed once more.
            let again = try await shop.order(
              Shop.body([("a", 1)]), "u\(UInt64.random(in: 0...UInt64.max))")
            return try shownNow == again.json["data"]?["subtotal"]?["amount"]?.integer
          }
        }
      }
      #expect(charged == [600, 1000])
      let last = try await shown()
      #expect(last["price"]?["amount"] == 1000 && last["sale_price"] == .null)
      let list = try await shop.look("/v1/products")
      #expect(try list.json["data"]?.array?.first?["price"]?["amount"] == 1000)
    }
  }

  @Test func `while a cell is closed its stock is unknown, and the rest is told`() async throws {
    try await withShop { shop in
      let id = try await shop.addProduct("a", quantity: 3)
      try await eventually("stock is told") {
        try await shop.look("/v1/products/\(id)").json["data"]?["available"] == 3
      }
      await shop.redis.stop()
      try await eventually("stock is unknown") {
        let answer = try await shop.look("/v1/products/\(id)")
        return try answer.status == 200 && answer.json["data"]?["available"] == .null
          && answer.json["data"]?["price"]?["amount"] == 1000
      }
    }
  }
}
