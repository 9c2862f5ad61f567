import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// Money, pieces and coupons of paid orders going back.
@Suite struct OrderRefundTests {
  @Test func `a full refund brings back money, pieces and nothing twice`() async throws {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 2), ("b", 1)])
      #expect(try await shop.won() == 0)
      let refunded = try await shop.undo("refund", id, key: "k")
      #expect(refunded.status == 200, "\(refunded.text)")
      let order = try #require(try refunded.json["data"])
      #expect(order["status"] == "REFUNDED" && order["reason"] == "changed")
      #expect(amount(order, "refunded") == 2500)
      let given = try #require(order["refunds"]?.array?.first)
      #expect(given["restocked"] == true && amount(given, "amount") == 2500)
      #expect(given["lines"]?.array?.map { $0["quantity"]?.integer } == [2, 1])
      #expect(amount(order["payment"], "amount") == 2500)
      #expect(
        Set(order.object!.names)
          == Set(OrderSchema.detail.definition["properties"]!.object!.names))
      #expect(try await shop.won() == 2500)
      let again = try await shop.undo("refund", id, key: "k")
      #expect(again.status == 200 && again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"] == order)
      let other = try await shop.undo("refund", id, body: #"{"reason":"more"}"#, key: "k")
      #expect(other.status == 422)
      let more = try await shop.undo("refund", id)
      #expect(more.status == 409 && more.code == "ORDER_STATE_CONFLICT")
      #expect(try await shop.undo("cancel", id).status == 409)
      #expect(try await shop.take(id, to: "FULFILLED").status == 409)
      #expect(try await shop.won() == 2500)
      try await eventually("the pieces are on sale again") {
        let levels = [try await shop.level("a"), try await shop.level("b")]
        return levels == [[20, 0, 2], [20, 0, 1]]
      }
      #expect(try await shop.get("/v1/orders/\(id)").json["data"] == order)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a paid order that is cancelled is undone whole`() async throws {
    try await withGoods { shop in
      let sale = try await shop.sale(["a": 5], price: 900, limit: 3)
      let id = try await shop.bought([("a", 3)], sale: sale)
      let partly = try await shop.undo(
        "refund", id, body: #"{"reason":"scratch","lines":[{"sku":"a","quantity":1}]}"#)
      #expect(partly.status == 200, "\(partly.text)")
      #expect(try partly.json["data"]?["status"] == "PAID")
      let cancelled = try await shop.undo("cancel", id)
      #expect(cancelled.status == 200, "\(cancelled.text)")
      let order = try #require(try cancelled.json["data"])
      #expect(order["status"] == "CANCELLED" && order["cancelled_at"] != .null)
      #expect(amount(order, "refunded") == 2700)
      #expect(try await shop.won() == 2700)
      // What was bought counts for the limit of the sale, back or not.
      try await eventually("the pieces are on sale again") {
        try await shop.level("a", sale: sale) == [5, 0, 3]
      }
      #expect(try await shop.order(Shop.body([("a", 1)], sale: sale)).code == "LIMIT_REACHED")
      let again = try await shop.undo("cancel", id)
      #expect(again.status == 200 && again.headers["idempotent-replayed"] == "true")
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `each refusal of a body names its field`() async throws {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 2), ("b", 1)])
      for (members, field) in [
        (#""amount":0"#, "amount"), (#""amount":2501"#, "amount"), (#""amount":"9""#, "amount"),
        (#""amount":1.5"#, "amount"), (#""amount":-1"#, "amount"),
        (#""amount":{"amount":1,"currency":"USD"}"#, "amount.currency"),
        (#""amount":{"amount":1}"#, "amount.currency"),
        (#""amount":1,"lines":[{"sku":"a","quantity":1}]"#, "amount"), (#""lines":[]"#, "lines"),
        (#""lines":7"#, "lines"), (#""lines":[{"sku":"a"}]"#, "lines.0.quantity"),
        (#""lines":[{"quantity":1}]"#, "lines.0.sku"),
        (#""lines":[{"sku":"a","quantity":0}]"#, "lines.0.quantity"),
        (#""lines":[{"sku":"a","quantity":3}]"#, "lines.0.quantity"),
        (#""lines":[{"sku":"a","quantity":1},{"sku":"x","quantity":1}]"#, "lines.1.sku"),
        (#""lines":[{"sku":"a","quantity":1},{"sku":"a","quantity":1}]"#, "lines.1.sku"),
        (#""amount":null"#, "amount"), (#""lines":null"#, "lines"), (#""amonut":500"#, "amonut"),
        (#""amount":null,"lines":null"#, "amount"), (#""amount":0,"lines":null"#, "amount"),
        (#""lines":[],"amount":null"#, "lines"),
        (#""amount":{"amount":1,"currency":"KRW","value":2}"#, "amount.value"),
        (#""lines":[{"sku":"a","quantity":1,"amount":500}]"#, "lines.0.amount"),
      ] {
        let response = try await shop.undo("refund", id, body: #"{"reason":"r",\#(members)}"#)
        #expect(response.status == 400 && response.field == field, "\(members) \(response.text)")
      }
      for body in ["{}", #"{"reason":""}"#, #"{"reason":7}"#] {
        let response = try await shop.undo("refund", id, body: body)
        #expect(response.status == 400 && response.field == "reason", "\(body)")
      }
      // Which app it is for, the host says.
      let rest = #"{"reason":"r","amount":2400,"lines":null,"app_id":"other"}"#
      #expect(try await shop.undo("refund", id, body: rest).status == 200)
      let worth = try await shop.undo(
        "refund", id, body: #"{"reason":"r","lines":[{"sku":"b","quantity":1}]}"#)
      #expect(worth.status == 400 && worth.field == "lines", "\(worth.text)")
      #expect(try await shop.won() == 2400)
    }
  }

  @Test func `a cancellation of a part is refused, not taken for one of all`() async throws {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 2), ("b", 1)])
      let parts = [
        (#""lines":[{"sku":"a","quantity":1}]"#, "lines"), (#""amount":500"#, "amount"),
        (#""lines":[],"amount":null"#, "lines"), (#""line":[]"#, "line"),
      ]
      for (members, field) in parts {
        let body = #"{"reason":"one too many",\#(members)}"#
        let refused = try await shop.undo("cancel", id, body: body)
        #expect(
          refused.status == 400 && refused.field == field, "\(members) \(refused.text)")
        #expect(refused.text.contains("/refund") == (field != "line"), "\(refused.text)")
        for status in ["CANCELLED", "REFUNDED"] {
          let body = #"{"to":"\#(status)","reason":"one too many",\#(members)}"#
          let refused = try await shop.undo("transitions", id, Shop.admin, body: body)
          #expect(
            refused.status == 400 && refused.field == field, "\(members) \(refused.text)")
        }
      }
      #expect(try await shop.won() == 0)
      let whole = #"{"reason":"one too many","amount":null,"lines":null,"app_id":"other"}"#
      #expect(try await shop.undo("cancel", id, body: whole).status == 200)
      #expect(try await shop.won() == 2500)
    }
  }

  @Test func `no piece that was never shipped is lost when the money is all back`() async throws {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 1), ("b", 1)])
      for members in [#""amount":500"#, #""lines":[{"sku":"a","quantity":1}]"#] {
        let given = try await shop.undo("refund", id, body: #"{"reason":"r",\#(members)}"#)
        #expect(given.status == 200, "\(given.text)")
      }
      #expect(try await shop.get("/v1/orders/\(id)").json["data"]?["status"] == "REFUNDED")
      try await eventually("the pieces are on sale again") {
        let levels = [try await shop.level("a"), try await shop.level("b")]
        return levels == [[20, 0, 1], [20, 0, 1]]
      }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `only whose order it is, agents and managers give money back`() async throws {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 1)])
      let some = #"{"reason":"r","amount":{"amount":100,"currency":"KRW"}}"#
      for caller in ["eve:USER", "eve:INVENTORY_MANAGER", "eve:MARKETING_MANAGER", "eve:SELLER"] {
        #expect(try await shop.undo("refund", id, caller, body: some).status == 404, "\(caller)")
        #expect(try await shop.undo("cancel", id, caller).status == 404, "\(caller)")
      }
      for caller in ["bob:USER", "carl:CS_AGENT", "olga:OPERATIONS_MANAGER", "ann:APP_ADMIN"] {
        let given = try await shop.undo("refund", id, caller, body: some)
        #expect(given.status == 200, "\(caller) \(given.text)")
      }
      #expect(try await shop.won() == 400)
      let unpaid = try await shop.placed([("a", 1)])
      let refused = try await shop.undo("refund", unpaid)
      #expect(refused.status == 409 && refused.code == "ORDER_STATE_CONFLICT")
      let unknown = "0195d2e0-0000-7000-8000-000000000000"
      #expect(try await shop.undo("refund", unknown).status == 404)
      #expect(try await shop.undo("refund", "nonsense").status == 404)
    }
  }

  @Test func `of many refunds at once no more goes back than was paid`() async throws {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 1), ("b", 1)])
      let wishes = [
        #"{"reason":"r","amount":600}"#, #"{"reason":"r","lines":[{"sku":"a","quantity":1}]}"#,
        #"{"reason":"r","lines":[{"sku":"b","quantity":1}]}"#, #"{"reason":"r"}"#,
      ]
      var clients: [HTTPTestClient] = []
      for number in 0..<12 {
        let client = try await shop.api.connect()
        client.send(
          "POST", "/v1/orders/\(id)/refund",
          headers: [
            ("Host", "shop.test"), ("Authorization", "Bearer shop:bob:USER"),
            ("Content-Type", "application/json"), ("X-Idempotency-Key", "k\(number)"),
          ], body: wishes[number % wishes.count])
        clients.append(client)
      }
      var given = 0
      for client in clients {
        let response = try await client.response()
        client.close()
        #expect([200, 400, 409].contains(response.status), "\(response.text)")
        if response.status == 200 { given += 1 }
      }
      #expect(given >= 1)
      #expect(try await shop.won() == 1500)
      #expect(try await shop.get("/v1/orders/\(id)").json["data"]?["status"] == "REFUNDED")
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `money comes back to the lots that it came from`() async throws {
    try await withGoods { shop in
      let soon = WallClock.system.now() + .seconds(3600)
      try await shop.charge(700, expiresAt: soon)
      try await shop.charge(2000)
      let id = try await shop.placed([("a", 1)])
      try await shop.settle(id)
      func lots() async throws -> [Int] {
        let rows = try await shop.api.services.database.query(
          "select remaining from spillway.wallet_lots order by lot_id")
        return try rows.map { row in try row.decode(0, as: Int.self) }
      }
      #expect(try await lots() == [0, 1700])
      // First to the lot that lasts longest.
      #expect(
        try await shop.undo("refund", id, body: #"{"reason":"r","amount":400}"#).status == 200)
      #expect(try await lots() == [100, 2000])
      #expect(try await shop.undo("refund", id).status == 200)
      #expect(try await lots() == [700, 2000])
    }
  }

  @Test func `a coupon may be used again when its order is undone, and not before`() async throws {
    try await withGoods { shop in
      let now = WallClock.system.now()
      let campaign = try await shop.manage(
        "POST", "/v1/admin/campaigns",
        [
          "name": "Autumn", "quantity": 10, "per_user_limit": 1,
          "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3_600))",
          "discount": ["type": "rate", "value": 10], "eligibility": [:],
        ])
      let path = "/v1/campaigns/\(try #require(campaign["campaign_id"]?.string))/coupons"
      let coupon = try await eventually { () -> String? in
        let claimed = try await shop.api.ask("POST", path, token: "shop:bob:USER")
        return try claimed.json["data"]?["coupon_id"]?.string
      }
      func order() async throws -> HTTPTestResponse {
        try await shop.order(Shop.body([("a", 2), ("b", 1)], coupon: coupon))
      }
      let placed = try await order()
      #expect(placed.status == 201, "\(placed.text)")
      let id = try #require(try placed.json["data"]?["order_id"]?.string)
      #expect(try await shop.get("/v1/orders/\(id)").status == 200)
      try await shop.charge(2250)
      try await shop.settle(id)
      // A piece is worth what was paid for it.
      let some = try await shop.undo(
        "refund", id, body: #"{"reason":"r","lines":[{"sku":"a","quantity":1}]}"#)
      #expect(amount(try some.json["data"], "refunded") == 900)
      #expect(try some.json["data"]?["refunds"]?.array?[0]["coupon_id"] == .null)
      #expect(try await order().status != 201)
      let all = try await shop.undo("refund", id)
      #expect(amount(try all.json["data"], "refunded") == 2250)
      #expect(try all.json["data"]?["refunds"]?.array?[1]["coupon_id"] == .string(coupon))
      let again = try await order()
      #expect(again.status == 201, "\(again.text)")
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `money and pieces that an audit cannot explain are found`() async throws {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 2)])
      #expect(
        try await shop.undo("refund", id, body: #"{"reason":"r","amount":500}"#).status == 200)
      #expect(try await shop.breaches() == [])
      for statement in [
        "alter table spillway.refunds disable trigger user",
        """
        update spillway.refunds
           set amount = 2001, skus = '{a}', quantities = '{3}', amounts = '{1}', is_restocked = true
        """,
      ] {
        _ = try await shop.api.services.database.query(Statement(unprepared: statement))
      }
      let found = Set(try await shop.breaches().map { String($0.prefix { $0 != ":" }) })
      #expect(
        found == [
          "no more went back than was paid", "a refund is what its wallet got",
          "an order is undone when all that was paid is back",
          "no more pieces came back than were ordered", "pieces that came back are on sale again",
        ])
    }
  }
}
