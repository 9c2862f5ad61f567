import Domain
import HotPath
import Redis
import TestSupport
import Testing

@testable import API

/// Carts of sales that are not open.
@Suite struct CartSaleTimesTests {
  private func ask(
    _ shop: Shop, _ method: String, _ path: String, _ body: String? = nil
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(method, "/v1/cart\(path)", token: "shop:ann:USER", body: body)
  }

  private func problems(_ response: HTTPTestResponse) throws -> [JSONValue] {
    try response.json["data"]?["items"]?.array?.first?["problems"]?.array ?? []
  }

  @Test func `a cart of a sale that has not opened is filled, and not orderable before it does`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      // Its stock is there a while before it opens.
      let opens = WallClock.system.now() + .seconds(20)
      let sale = try await shop.sale(["a": 3], ["opens_at": "\(opens)"])
      let filled = try await ask(
        shop, "PUT", "/items/a?sale_id=\(sale)", #"{"quantity":2}"#)
      #expect(filled.status == 200, "\(filled.text)")
      #expect(try problems(filled) == ["not_open"])
      #expect(try filled.json["data"]?["orderable"] == false)
      #expect(try await shop.order(Shop.body([("a", 2)], sale: sale), "ann").code == "NOT_OPEN")

      // In place of waiting: the cell's terms are those that orders are decided by.
      let scope = StockScope.sale(try #require(Identifier(sale)))
      let key = CellKeys(try #require(CellName("shop.kr"))).sale(scope)
      _ = try await shop.api.services.redis.client(for: key).send(
        RedisCommand("HSET", key, "opens", "\((opens - .seconds(60)).milliseconds)"))
      let open = try await ask(shop, "GET", "?sale_id=\(sale)")
      #expect(try problems(open) == [])
      #expect(try open.json["data"]?["orderable"] == true)
      #expect(try await shop.order(Shop.body([("a", 2)], sale: sale), "ann").status == 201)
    }
  }

  @Test func `a cart of a sale that has closed is not orderable`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let sale = try await shop.sale(["a": 3])
      let filled = try await ask(
        shop, "PUT", "/items/a?sale_id=\(sale)", #"{"quantity":2}"#)
      #expect(try filled.json["data"]?["orderable"] == true, "\(filled.text)")
      try await shop.manage(
        "PATCH", "/v1/admin/sales/\(sale)",
        ["closes_at": "\(WallClock.system.now() - .milliseconds(1))"], status: 200)
      try await shop.untilTold()
      let closed = try await ask(shop, "GET", "?sale_id=\(sale)")
      #expect(try problems(closed).contains("closed"), "\(closed.text)")
      #expect(try closed.json["data"]?["orderable"] == false)
      #expect(try await shop.order(Shop.body([("a", 2)], sale: sale), "ann").code == "CLOSED")
    }
  }
}
