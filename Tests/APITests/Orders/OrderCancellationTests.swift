import Domain
import Redis
import TestSupport
import Testing

@testable import API

/// The end of reservations: by their user, and by their time.
@Suite struct OrderCancellationTests {
  private func place(_ shop: Shop, _ body: String) async throws -> String {
    let placed = try await shop.order(body)
    #expect(placed.status == 201, "\(placed.text)")
    return try #require(try placed.json["data"]?["order_id"]?.string)
  }

  private func cancel(
    _ shop: Shop, _ id: String, _ user: String = "bob:USER",
    body: String = #"{"reason":"changed"}"#,
    key: String? = "k"
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      "POST", "/v1/orders/\(id)/cancel", token: "shop:\(user)",
      headers: key.map { [("X-Idempotency-Key", $0)] } ?? [], body: body)
  }

  @Test func `a cancelled order gives its goods back, once`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let sale = try await shop.sale(["a": 5], limit: 2)
      let id = try await place(shop, Shop.body([("a", 2)], sale: sale))
      // At once: the order may be on its way into the ledger.
      let cancelled = try await cancel(shop, id)
      #expect(cancelled.status == 200, "\(cancelled.text)")
      let order = try #require(try cancelled.json["data"])
      #expect(order["status"] == "CANCELLED")
      #expect(order["reason"] == "changed")
      #expect(order["cancelled_at"] != .null)
      try await eventually("the goods are back") {
        try await shop.level("a", sale: sale) == [5, 0, 0]
      }
      let again = try await cancel(shop, id)
      #expect(again.status == 200)
      #expect(again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"] == order)
      // And the user's limit.
      #expect(try await shop.order(Shop.body([("a", 2)], sale: sale)).status == 201)
      #expect(try await shop.level("a", sale: sale) == [3, 2, 0])
    }
  }

  @Test
  func `a cancellation is answered alike again when Redis was wiped, and one key is one request`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let id = try await place(shop, Shop.body([("a", 2)]))
      let cancelled = try await cancel(shop, id)
      #expect(cancelled.status == 200, "\(cancelled.text)")
      let other = try await cancel(shop, id, body: #"{"reason":"another"}"#)
      #expect(other.status == 422 && other.code == "IDEMPOTENCY_KEY_REUSE")
      _ = try await shop.api.services.redis.client(for: "any").send(RedisCommand("FLUSHALL"))
      let again = try await cancel(shop, id)
      #expect(again.status == 200 && again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"] == cancelled.json["data"])
      // Another key finds it cancelled already.
      let later = try await cancel(shop, id, key: "k2")
      #expect(later.status == 200 && later.headers["idempotent-replayed"] == "true")
      #expect(try later.json["data"] == cancelled.json["data"])
    }
  }

  @Test func `only its user cancels an order, with a key and a reason`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let id = try await place(shop, Shop.body([("a", 2)]))
      #expect(try await cancel(shop, id, "eve:USER").status == 404)
      #expect(try await cancel(shop, id, "carl:INVENTORY_MANAGER").status == 404)
      #expect(try await cancel(shop, "nonsense").status == 404)
      #expect(try await cancel(shop, "0195d2e0-0000-7000-8000-000000000000").status == 404)
      let keyless = try await cancel(shop, id, key: nil)
      #expect(keyless.status == 400)
      #expect(keyless.field == "X-Idempotency-Key")
      for body in ["{}", #"{"reason":""}"#, #"{"reason":7}"#] {
        let response = try await cancel(shop, id, body: body)
        #expect(response.status == 400)
        #expect(response.field == "reason", "\(body)")
      }
      #expect(try await shop.level("a") == [3, 2, 0])
    }
  }

  @Test func `nobody but the system writes the reasons that it cancels for`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let id = try await place(shop, Shop.body([("a", 2)]))
      for reason in ["expired", "duplicate", #"\u0065xpired"#] {
        for (what, caller, members) in [
          ("cancel", "bob:USER", ""), ("refund", "carl:CS_AGENT", ""),
          ("transitions", Shop.admin, #""to":"CANCELLED","#),
          ("transitions", Shop.admin, #""to":"FULFILLED","#),
        ] {
          let refused = try await shop.undo(
            what, id, caller, body: #"{\#(members)"reason":"\#(reason)"}"#)
          #expect(refused.status == 400 && refused.field == "reason", "\(what) \(refused.text)")
        }
      }
      #expect(try await shop.level("a") == [3, 2, 0])
      // Only the very word means what the system means.
      let cancelled = try await cancel(shop, id, body: #"{"reason":"Expired"}"#)
      #expect(cancelled.status == 200, "\(cancelled.text)")
      let again = try await cancel(shop, id, body: #"{"reason":"changed"}"#, key: "k2")
      #expect(again.status == 200 && again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"]?["reason"] == "Expired")
      let paid = try await shop.pay(id)
      #expect(paid.status == 409 && paid.code == "ORDER_STATE_CONFLICT", "\(paid.text)")
    }
  }

  @Test func `an order that nobody pays lapses, and then cannot be cancelled`() async throws {
    try await withShop(reservation: .seconds(5)) { shop in
      try await shop.stock("a", 5)
      let id = try await place(shop, Shop.body([("a", 5)]))
      #expect(try await shop.order(Shop.body([("a", 1)])).status == 410)
      try await eventually(within: .seconds(60), "the goods are back") {
        try await shop.level("a") == [5, 0, 0]
      }
      let order = try #require(try await shop.get("/v1/orders/\(id)").json["data"])
      #expect(order["status"] == "CANCELLED")
      #expect(order["reason"] == "expired")
      let late = try await cancel(shop, id)
      #expect(late.status == 409)
      #expect(late.code == "ORDER_STATE_CONFLICT")
      #expect(try late.json["error"]?["details"] == ["status": "CANCELLED"])
    }
  }
}
