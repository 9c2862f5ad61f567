import Domain
import Ledger
import Postgres
import Services
import TestSupport
import Testing

@testable import API

/// Sums at the end of what amounts may be, and money of another currency, over the wire.
@Suite struct AmountBoundsTests {
  private static let highest = 1_000_000_000_000

  private func details(_ response: HTTPTestResponse) throws -> JSONValue? {
    try response.json["error"]?["details"]
  }

  @Test func `the greatest order there may be is added up exactly`() async throws {
    var markets = MarketBook()
    let isAdded = markets.add(
      MarketRules(market: Market("KR")!, currency: .won, taxBasisPoints: 10_000), of: nil)
    #expect(isAdded)
    try await withShop(markets: markets) { shop in
      try await shop.stock("gold", 200_000, price: Self.highest)
      let lines = Array(repeating: ("gold", 1_000), count: 100)
      let placed = try await shop.order(Shop.body(lines))
      #expect(placed.status == 201, "\(placed.text)")
      let data = try #require(try placed.json["data"])
      let subtotal = Self.highest * 100_000
      #expect(data["subtotal"]?["amount"]?.integer == subtotal)
      #expect(data["tax"]?["amount"]?.integer == subtotal)
      #expect(data["total"]?["amount"]?.integer == 2 * subtotal)
      let order = try #require(data["order_id"]?.string)
      try await shop.credit("bob", Self.highest)
      let paid = try await shop.pay(order)
      #expect(paid.status == 402, "\(paid.text)")
      #expect(
        try details(paid)?["needed"]
          == ["amount": .integer(2 * subtotal), "currency": "KRW"])
      let cart = try await shop.api.ask(
        "PUT", "/v1/cart/items/gold", token: "shop:bob:USER", body: #"{"quantity":1000}"#)
      #expect(
        try cart.json["data"]?["subtotal"]?["amount"]?.integer == Self.highest * 1_000,
        "\(cart.text)")
      #expect(try await shop.breaches() == [])
    }
  }

  @Test(
    arguments: ["9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e308"])
  func `a number beyond what a field takes is refused by its name`(number: String) async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let id = try await shop.bought([("a", 1)])
      let admin = "shop:\(Shop.admin)"
      let requests: [(String, String, String, String)] = [
        (
          "POST", "/v1/orders", #"{"lines":[{"sku":"a","quantity":\#(number)}]}"#,
          "lines.0.quantity"
        ),
        ("POST", "/v1/orders/\(id)/refund", #"{"reason":"r","amount":\#(number)}"#, "amount"),
        (
          "POST", "/v1/admin/wallets/bob/credits",
          #"{"amount":\#(number),"currency":"KRW","reason":"r","ref_type":"t","ref_id":"1"}"#,
          "amount"
        ),
        (
          "POST", "/v1/admin/skus/a/stock-adjustments",
          #"{"quantity":\#(number),"reason":"r"}"#, "quantity"
        ),
        ("PUT", "/v1/cart/items/a", #"{"quantity":\#(number)}"#, "quantity"),
        (
          "PATCH", "/v1/admin/skus/a",
          #"{"prices":[{"market":"KR","amount":\#(number),"currency":"KRW"}]}"#, "prices.0.amount"
        ),
      ]
      for (method, path, body, field) in requests {
        let response = try await shop.api.ask(
          method, path, token: admin, headers: [("X-Idempotency-Key", Shop.anyKey)], body: body)
        #expect(response.status == 400 && response.field == field, "\(path): \(response.text)")
      }
      #expect(try await shop.won() == 0)
    }
  }

  @Test func `a wallet takes up to its limit, and refuses the rest`() async throws {
    try await withShop { shop in
      let limit = WalletLimits.balance
      let room = 5
      var random = SystemRandomNumberGenerator()
      var left = limit - room
      var postings: [WalletPosting] = []
      while left > 0 {
        let part = min(left, WalletLimits.posting)
        left -= part
        postings.append(
          WalletPosting(
            id: Identifier(at: WallClock.system.now(), using: &random), tenant: TenantID("shop")!,
            user: UserID("bob")!, unit: .currency(.won), amount: part, counterparty: .funding,
            reason: "charge", actor: "test"))
      }
      _ = try await WalletStore(pool: shop.api.services.database).credit(postings)
      #expect(try await shop.balance("bob") == limit - room)
      func credit(_ amount: Int) async throws -> HTTPTestResponse {
        try await shop.api.ask(
          "POST", "/v1/admin/wallets/bob/credits", token: "shop:\(Shop.admin)",
          headers: [("X-Idempotency-Key", Shop.anyKey)],
          body:
            #"{"amount":\#(amount),"currency":"KRW","reason":"r","ref_type":"t","ref_id":"1"}"#)
      }
      for amount in [room + 1, Self.highest] {
        let refused = try await credit(amount)
        #expect(refused.status == 400 && refused.field == "amount", "\(refused.text)")
      }
      #expect(try await credit(room).status == 201)
      #expect(try await credit(1).status == 400)
      #expect(try await shop.balance("bob") == limit)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `money of another currency pays nothing and is not given back`() async throws {
    try await withShop { shop in
      try await shop.stock("won", 10)
      try await shop.stock("dollar", 10, currency: "USD")
      try await shop.credit("bob", 5_000, "USD")
      let id = try await shop.placed([("won", 1)])
      let refused = try await shop.pay(id)
      #expect(refused.status == 402, "\(refused.text)")
      #expect(try details(refused)?["balance"] == ["amount": 0, "currency": "KRW"])
      let mixed = try await shop.order(Shop.body([("won", 1), ("dollar", 1)]))
      #expect(mixed.status != 201, "\(mixed.text)")
      try await shop.credit("bob", 1_000)
      #expect(try await shop.pay(id).status == 200)
      let foreign = try await shop.undo(
        "refund", id, "carl:CS_AGENT",
        body: #"{"reason":"r","amount":{"amount":1,"currency":"USD"}}"#)
      #expect(foreign.status == 400 && foreign.field == "amount.currency", "\(foreign.text)")
      #expect(try await shop.balance("bob", "USD") == 5_000)
    }
  }
}
