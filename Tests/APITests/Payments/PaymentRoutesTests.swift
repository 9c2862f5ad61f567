import Domain
import TestSupport
import Testing

@testable import API

/// Payments from wallets over real sockets, a real Redis, a real ledger and a reconciler.
@Suite struct PaymentRoutesTests {
  @Test func `a payment takes the total from the wallet, and the goods are sold`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 1500)
      try await shop.credit("bob", 10_000)
      let order = try await shop.reserve([("a", 2)])
      // At once: the order is on its way into the ledger.
      let paid = try await shop.pay(order)
      #expect(paid.status == 200, "\(paid.text)")
      #expect(paid.headers["idempotent-replayed"] == nil)
      let data = try #require(try paid.json["data"])
      #expect(data["order_id"] == .string(order))
      #expect(data["status"] == "PAID")
      #expect(data["balance_after"] == ["amount": 7_000, "currency": "KRW"])
      #expect(data["payment_id"]?.string.flatMap { Identifier($0) } != nil)
      #expect(data["paid_at"]?.string.flatMap { Instant($0) } != nil)
      #expect(try await shop.status(of: order) == "PAID")
      #expect(try await shop.balance("bob") == 7_000)
      try await eventually("the goods are sold") { try await shop.level("a") == [3, 0, 2] }
    }
  }

  @Test func `a repeat under the same key gets the same answer, and other keys none`() async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      try await shop.credit("bob", 5_000)
      let order = try await shop.reserve([("a", 1)])
      let first = try await shop.pay(order, key: "k")
      #expect(first.status == 200, "\(first.text)")
      let repeated = try await shop.pay(order, key: "k", body: #" {"method": "wallet"} "#)
      #expect(repeated.status == 200, "\(repeated.text)")
      #expect(repeated.headers["idempotent-replayed"] == "true")
      #expect(try repeated.json["data"] == first.json["data"])
      let other = try await shop.pay(order, key: "l")
      #expect(other.status == 409)
      #expect(other.code == "ORDER_STATE_CONFLICT")
      #expect(try other.json["error"]?["details"]?["status"] == "PAID")
      let second = try await shop.reserve([("a", 1)])
      let reused = try await shop.pay(second, key: "k")
      #expect(reused.status == 422, "\(reused.text)")
      #expect(reused.code == "IDEMPOTENCY_KEY_REUSE")
      // Somebody else's key of the same text is another key.
      try await shop.credit("ann", 5_000)
      let hers = try await shop.reserve([("a", 1)], "ann")
      #expect(try await shop.pay(hers, "ann", key: "k").status == 200)
      #expect(try await shop.balance("bob") == 4_000)
    }
  }

  @Test func `too small a balance is refused with what there is and what is needed`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 1000)
      let order = try await shop.reserve([("a", 2)])
      let none = try await shop.pay(order, key: "k", headers: [("Accept-Language", "ko")])
      #expect(none.status == 402, "\(none.text)")
      #expect(none.code == "INSUFFICIENT_FUNDS")
      #expect(try none.json["error"]?["message"] == "잔액이 부족합니다.")
      #expect(
        try none.json["error"]?["details"] == [
          "balance": ["amount": 0, "currency": "KRW"],
          "needed": ["amount": 2_000, "currency": "KRW"],
        ])
      try await shop.credit("bob", 1_999)
      #expect(try await shop.pay(order, key: "k").status == 402)
      try await shop.credit("bob", 1)
      // A refusal changed nothing, so its key is free.
      let paid = try await shop.pay(order, key: "k")
      #expect(paid.status == 200, "\(paid.text)")
      #expect(try await shop.balance("bob") == 0)
    }
  }

  @Test func `money in another currency does not pay`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      try await shop.credit("bob", 100_000, "USD")
      try await shop.credit("bob", 100_000, "POINT")
      let order = try await shop.reserve([("a", 1)])
      #expect(try await shop.pay(order).status == 402)
      #expect(try await shop.balance("bob", "USD") == 100_000)
    }
  }

  @Test func `an order of nobody or of somebody else is not found`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      try await shop.credit("bob", 5_000)
      try await shop.credit("eve", 5_000)
      let order = try await shop.reserve([("a", 1)])
      // On its way, and once it is in the ledger.
      #expect(try await shop.pay(order, "eve").status == 404)
      #expect(try await shop.get("/v1/orders/\(order)").status == 200)
      #expect(try await shop.pay(order, "eve").status == 404)
      for id in ["nonsense", "0195d2e0-0000-7000-8000-000000000000", order.uppercased() + "0"] {
        let response = try await shop.pay(id)
        #expect(response.status == 404)
        #expect(response.code == "NOT_FOUND")
      }
      #expect(try await shop.pay(order, "eve", tenant: "other").status == 404)
      #expect(try await shop.balance("eve") == 5_000)
      #expect(try await shop.pay(order).status == 200)
    }
  }

  @Test func `the body and the key are checked`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let order = try await shop.reserve([("a", 1)])
      for (body, field) in [
        ("{}", "method"), (#"{"method":"card"}"#, "method"), (#"{"method":7}"#, "method"),
        ("[]", "body"), ("{", "body"),
      ] {
        let response = try await shop.pay(order, body: body)
        #expect(response.status == 400, "\(body)")
        #expect(response.field == field, "\(body)")
      }
      let keyless = try await shop.api.ask(
        "POST", "/v1/orders/\(order)/payment", token: "shop:bob:USER", body: #"{"method":"wallet"}"#
      )
      #expect(keyless.status == 400)
      #expect(keyless.field == "X-Idempotency-Key")
    }
  }

  @Test func `what expires first is spent first`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 1000)
      let soon = WallClock.system.now() + .seconds(3_600)
      try await shop.credit("bob", 1_500)
      try await shop.credit("bob", 700, expiresAt: soon)
      let order = try await shop.reserve([("a", 1)])
      #expect(try await shop.pay(order).status == 200)
      #expect(try await shop.balance("bob") == 1_200)
      // What expires was spent; the rest of the payment came from what lasts.
      let again = try await shop.reserve([("a", 1)])
      #expect(try await shop.pay(again).status == 200)
      #expect(try await shop.balance("bob") == 200)
    }
  }
}
