import TestSupport
import Testing

@testable import API

/// Orders read by their users and by others.
@Suite struct OrderReadingTests {
  @Test func `an order is its user's own`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let placed = try await shop.order(Shop.body([("a", 1)]))
      let id = try #require(try placed.json["data"]?["order_id"]?.string)
      #expect(try await shop.get("/v1/orders/\(id)").status == 200)
      for user in ["eve:USER", "mia:MARKETING_MANAGER"] {
        let response = try await shop.get("/v1/orders/\(id)", user)
        #expect(response.status == 404, "\(user)")
        #expect(response.code == "NOT_FOUND")
      }
      for user in ["carl:CS_AGENT", "olga:APP_OPERATOR", Shop.admin] {
        #expect(try await shop.get("/v1/orders/\(id)", user).status == 200, "\(user)")
      }
      #expect(try await shop.get("/v1/orders/\(id)", Shop.admin, tenant: "other").status == 404)
      for unknown in ["nonsense", "0195d2e0-0000-7000-8000-000000000000"] {
        #expect(try await shop.get("/v1/orders/\(unknown)").status == 404)
        #expect(try await shop.get("/v1/orders/\(unknown)", Shop.admin).status == 404)
      }
      #expect(try await shop.get("/v1/orders/\(id)", nil).status == 401)
      let forbidden = try await shop.api.ask(
        "POST", "/v1/orders", token: "shop:ivy:INVENTORY_MANAGER",
        headers: [("X-Idempotency-Key", "k")], body: Shop.body([("a", 1)]))
      #expect(forbidden.status == 403)
    }
  }

  @Test func `orders are listed in pages, newest first, the caller's only`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 50)
      var ids: [String] = []
      for _ in 0..<5 {
        let placed = try await shop.order(Shop.body([("a", 1)]))
        ids.append(try #require(try placed.json["data"]?["order_id"]?.string))
        _ = try await shop.order(Shop.body([("a", 1)]), "eve")
      }
      // The last of them is in the ledger once it can be read.
      #expect(try await shop.get("/v1/orders/\(ids[4])").status == 200)
      var listed: [String] = []
      var path = "/v1/orders?limit=2"
      while true {
        let page = try await shop.get(path)
        #expect(page.status == 200)
        listed += try page.json["data"]?.array?.compactMap { $0["order_id"]?.string } ?? []
        guard let cursor = try page.json["next_cursor"]?.string else { break }
        path = "/v1/orders?limit=2&cursor=\(cursor)"
      }
      // Those of one millisecond are in no order but their ids'.
      #expect(listed == ids.sorted().reversed())
      for query in ["limit=0", "cursor=zzz"] {
        let response = try await shop.get("/v1/orders?\(query)")
        #expect(response.status == 400)
        #expect(response.field == query.split(separator: "=").first.map(String.init))
      }
    }
  }
}
