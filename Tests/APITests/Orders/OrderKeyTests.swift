import Domain
import HotPath
import Redis
import TestSupport
import Testing

@testable import API

/// Idempotency keys of orders when Redis has lost what it knew of them.
@Suite struct OrderKeyTests {
  private static let body = Shop.body([("a", 2)])

  private func place(_ shop: Shop) async throws -> (id: String, isReplay: Bool) {
    // A cell that is being rebuilt asks to come again.
    var last: HTTPTestResponse?
    try await eventually(within: .seconds(20), "the order is placed") {
      let response = try await shop.order(Self.body, key: "k")
      last = response
      return response.status != 503
    }
    let placed = try #require(last)
    #expect(placed.status == 201, "\(placed.text)")
    return (
      try #require(try placed.json["data"]?["order_id"]?.string),
      placed.headers["idempotent-replayed"] == "true"
    )
  }

  private func order(_ shop: Shop, _ id: String) async throws -> JSONValue? {
    try await shop.get("/v1/orders/\(id)").json["data"]
  }

  @Test func `a key that a wiped Redis has forgotten gives the first order again`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let first = try await place(shop)
      #expect(!first.isReplay)
      #expect(try await order(shop, first.id)?["status"] == "PENDING")
      let keys = CellKeys(CellName.shared(by: TenantID("shop")!, market: "KR")!)
      let client = shop.api.services.redis.client(for: keys.lease)
      _ = try await client.send(RedisCommand("FLUSHALL"))
      let again = try await place(shop)
      #expect(again.id == first.id && again.isReplay)
      #expect(try await shop.level("a") == [3, 2, 0])
    }
  }

  @Test
  func `a second order that Redis let pass is cancelled, and the key leads to the first again`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let first = try await place(shop)
      #expect(try await order(shop, first.id)?["status"] == "PENDING")
      // Only the record of the key is lost: nothing tells that it is.
      let keys = CellKeys(CellName.shared(by: TenantID("shop")!, market: "KR")!)
      let client = shop.api.services.redis.client(for: keys.lease)
      let key = OrderKey(of: try #require(Identifier(first.id)))
      _ = try await client.send(RedisCommand("HDEL", keys.reserved, "\(key)"))
      let second = try await place(shop)
      #expect(second.id != first.id && !second.isReplay)
      try await eventually(within: .seconds(20), "the second is cancelled") {
        try await order(shop, second.id)?["status"] == "CANCELLED"
      }
      #expect(try await order(shop, second.id)?["reason"] == "duplicate")
      let refused = try await shop.api.ask(
        "POST", "/v1/orders/\(second.id)/cancel", token: "shop:bob:USER",
        headers: [("X-Idempotency-Key", "c")], body: #"{"reason":"why"}"#)
      #expect(refused.status == 409 && refused.code == "ORDER_STATE_CONFLICT")
      #expect(try await order(shop, first.id)?["status"] == "PENDING")
      // The cell is rebuilt from the ledger, and knows the first one again.
      try await eventually(within: .seconds(20), "the key leads to the first") {
        let again = try await place(shop)
        return again.id == first.id && again.isReplay
      }
      try await eventually(within: .seconds(20), "the goods are back") {
        try await shop.level("a") == [3, 2, 0]
      }
    }
  }
}
