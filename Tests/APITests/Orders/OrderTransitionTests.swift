import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// Orders taken from one status to the next by the parts behind the shop, and looked at by operators.
@Suite struct OrderTransitionTests {
  @Test func `a paid order is fulfilled once, is cancelled no more, and can come back`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let id = try await shop.bought([("a", 2)])
      let shipped = try await shop.take(id, to: "FULFILLED")
      #expect(shipped.status == 200, "\(shipped.text)")
      let order = try #require(try shipped.json["data"])
      #expect(order["status"] == "FULFILLED" && order["fulfilled_at"] != .null)
      let again = try await shop.take(id, to: "FULFILLED")
      #expect(again.status == 200 && again.headers["idempotent-replayed"] == "true")
      for response in [
        try await shop.undo("cancel", id), try await shop.take(id, to: "CANCELLED"),
      ] {
        #expect(response.status == 409 && response.code == "ORDER_STATE_CONFLICT")
      }
      let back = try await shop.take(id, to: "REFUNDED")
      #expect(try back.json["data"]?["status"] == "REFUNDED")
      // What was shipped is booked when it is here.
      #expect(try back.json["data"]?["refunds"]?.array?.first?["restocked"] == false)
      #expect(try await shop.won() == 2000)
      try await eventually("it is sold in the cell") { try await shop.level("a") == [3, 0, 2] }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `only the ways of the machine are open, to those who may take them`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let id = try await shop.placed([("a", 1)])
      for status in ["PAID", "PENDING", "LOST", ""] {
        let response = try await shop.take(id, to: status)
        #expect(response.status == 400 && response.field == "to", "\(status)")
      }
      for status in ["FULFILLED", "REFUNDED"] {
        let response = try await shop.take(id, to: status)
        #expect(response.status == 409, "\(status) \(response.text)")
        #expect(try response.json["error"]?["details"] == ["status": "PENDING"])
      }
      for caller in ["bob:USER", "carl:CS_AGENT", "ian:INVENTORY_MANAGER"] {
        let body = #"{"to":"CANCELLED","reason":"r"}"#
        #expect(try await shop.undo("transitions", id, caller, body: body).status == 403)
      }
      // Money may go back: nothing is done without a key.
      let keyless = try await shop.api.ask(
        "POST", "/internal/v1/orders/\(id)/transitions", token: "shop:\(Shop.admin)",
        body: #"{"to":"CANCELLED","reason":"r"}"#)
      #expect(keyless.status == 400 && keyless.field == "X-Idempotency-Key", "\(keyless.text)")
      for expected in [nil, "true"] as [String?] {
        let cancelled = try await shop.take(id, to: "CANCELLED")
        #expect(cancelled.status == 200, "\(cancelled.text)")
        #expect(cancelled.headers["idempotent-replayed"] == expected)
      }
      let unknown = "0195d2e0-0000-7000-8000-000000000000"
      #expect(try await shop.take(unknown, to: "CANCELLED").status == 404)
    }
  }

  @Test func `operators find orders by status, user and sale, page by page`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 50)
      let sale = try await shop.sale(["a": 20])
      var bobs: [String] = []
      for _ in 0..<3 { bobs.append(try await shop.placed([("a", 1)])) }
      let inSale = try await shop.placed([("a", 1)], "eve", sale: sale)
      let paid = try await shop.bought([("a", 1)], "eve")
      #expect(try await shop.undo("cancel", bobs[1]).status == 200)
      func ids(_ query: String) async throws -> [String] {
        var found: [String] = []
        var cursor: String? = nil
        repeat {
          let more = cursor.map { "&cursor=\($0)" } ?? ""
          let page = try await shop.get(
            "/v1/admin/orders?limit=2&\(query)\(more)", "carl:CS_AGENT")
          #expect(page.status == 200, "\(page.text)")
          found += try page.json["data"]?.array?.compactMap { $0["order_id"]?.string } ?? []
          cursor = try page.json["next_cursor"]?.string
        } while cursor != nil
        return found
      }
      #expect(try await ids("") == [paid, inSale, bobs[2], bobs[1], bobs[0]])
      #expect(try await ids("user=bob") == [bobs[2], bobs[1], bobs[0]])
      #expect(try await ids("status=PENDING") == [inSale, bobs[2], bobs[0]])
      #expect(try await ids("status=PENDING&user=eve") == [inSale])
      #expect(try await ids("status=CANCELLED") == [bobs[1]])
      #expect(try await ids("sale_id=\(sale)") == [inSale])
      #expect(try await ids("sale_id=\(sale)&status=PAID&user=eve") == [])
      for (query, field) in [
        ("status=LOST", "status"), ("user=a%20b", "user"), ("sale_id=7", "sale_id"),
        ("cursor=7", "cursor"), ("limit=0", "limit"),
      ] {
        let response = try await shop.get("/v1/admin/orders?\(query)", "carl:CS_AGENT")
        #expect(response.status == 400 && response.field == field, "\(query)")
      }
      let first = try await shop.get("/v1/admin/orders?limit=1", "carl:CS_AGENT").json["data"]
      #expect(first?.array?.first?["user_id"] == "eve")
      #expect(
        Set(first!.array![0].object!.names)
          == Set(OrderSchema.ofUser.definition["properties"]!.object!.names))
    }
  }
}
