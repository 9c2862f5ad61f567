import Domain
import Ledger
import Services
import TestSupport
import Testing

@testable import API

/// Wallets over real sockets and a real ledger.
@Suite struct WalletRoutesTests {
  private static let minimal: JSONValue = [
    "amount": 5_000, "currency": "KRW", "reason": "charge", "ref_type": "receipt", "ref_id": "r1",
  ]

  private func post(
    _ shop: Shop, _ direction: String, _ body: JSONValue = minimal, user: String = "bob",
    key: String? = Shop.anyKey, by operatorID: String = Shop.admin
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      "POST", "/v1/admin/wallets/\(user)/\(direction)", token: "shop:\(operatorID)",
      headers: key.map { [("X-Idempotency-Key", $0)] } ?? [], body: body.jsonText)
  }

  private static func with(_ name: String, _ value: JSONValue?) -> JSONValue {
    var object = minimal.object!
    object[name] = value
    return .object(object)
  }

  @Test func `a credit and a debit are told with what they left, and stand in the history`()
    async throws
  {
    try await withShop { shop in
      let credit = try await post(shop, "credits")
      #expect(credit.status == 201, "\(credit.text)")
      let data = try #require(try credit.json["data"])
      #expect(data["user_id"] == "bob")
      #expect(data["kind"] == "credit")
      #expect(data["amount"] == ["amount": 5_000, "currency": "KRW"])
      #expect(data["balance_after"] == ["amount": 5_000, "currency": "KRW"])
      #expect(data["reason"] == "charge")
      #expect(data["ref_type"] == "receipt")
      #expect(data["ref_id"] == "r1")
      #expect(data["expires_at"] == .null)
      let debit = try await post(shop, "debits", Self.with("amount", 2_000))
      #expect(debit.status == 201, "\(debit.text)")
      #expect(try debit.json["data"]?["balance_after"]?["amount"] == 3_000)

      let own = try await shop.get("/v1/wallet/transactions?limit=1")
      #expect(own.status == 200, "\(own.text)")
      let newest = try #require(try own.json["data"]?.array?.first)
      #expect(newest["kind"] == "debit")
      #expect(newest["amount"] == ["amount": -2_000, "currency": "KRW"])
      #expect(newest["balance_after"] == ["amount": 3_000, "currency": "KRW"])
      #expect(try newest["transaction_id"] == debit.json["data"]?["transaction_id"])
      let cursor = try #require(try own.json["next_cursor"]?.string)
      let second = try await shop.get("/v1/wallet/transactions?limit=1&cursor=\(cursor)")
      #expect(try second.json["data"]?.array?.first?["kind"] == "credit")
      #expect(try second.json["next_cursor"] == .null)

      let wallet = try await shop.get("/v1/wallet")
      #expect(
        try wallet.json["data"] == [
          "user_id": "bob", "as_of": .null,
          "balances": [
            [
              "balance": ["amount": 3_000, "currency": "KRW"],
              "held": ["amount": 0, "currency": "KRW"],
              "available": ["amount": 3_000, "currency": "KRW"], "next_expiry": .null,
            ]
          ],
        ])
    }
  }

  @Test(arguments: [WalletService.Wish.Direction.credit, .debit])
  func `a posting is told with the ledger's time, whatever the node's clock says`(
    direction: WalletService.Wish.Direction
  ) async throws {
    try await withShop { shop in
      _ = try await post(shop, "credits")
      let wrong = WallClock { WallClock.system.now() - .seconds(3_600) }
      let posted = try await withAnotherNode(beside: shop.api.services, clock: wrong) { node in
        let wish = WalletService.Wish(
          direction, tenant: TenantID("shop")!, user: UserID("bob")!, unit: WalletUnit("KRW")!,
          amount: 500, expiresAt: nil, reason: "charge",
          reference: WalletReference(type: "receipt", id: "r2"), actor: UserID("ann")!)
        let identity = RequestIdempotency(
          key: RequestDigest(high: 1, low: 2), fingerprint: RequestDigest(high: 3, low: 4))
        let first = try await node.database.transaction { transaction in
          try await node.wallets.post(wish, identity, in: transaction)
        }
        let again = try await node.database.transaction { transaction in
          try await node.wallets.post(wish, identity, in: transaction)
        }
        #expect(again.isReplay && again.postedAt == first.postedAt)
        return first
      }
      let history = try await shop.get("/v1/wallet/transactions?limit=1")
      let entry = try #require(try history.json["data"]?.array?.first)
      #expect(entry["transaction_id"] == "\(posted.transaction)")
      #expect(entry["created_at"] == "\(posted.postedAt)")
      let wallet = try await shop.get("/v1/wallet?at=\(posted.postedAt)")
      #expect(
        try wallet.json["data"]?["balances"]?.array?.first?["balance"]?["amount"]
          == .integer(posted.balanceAfter), "\(wallet.text)")
    }
  }

  @Test func `a key posts once, and for one request`() async throws {
    try await withShop { shop in
      let first = try await post(shop, "credits", key: "k")
      #expect(first.status == 201, "\(first.text)")
      let repeated = try await post(shop, "credits", key: "k")
      #expect(repeated.status == 201)
      #expect(repeated.headers["idempotent-replayed"] == "true")
      #expect(try repeated.json["data"] == first.json["data"])
      #expect(try await post(shop, "credits", Self.with("amount", 1), key: "k").status == 422)
      #expect(try await post(shop, "credits", user: "ann", key: "k").status == 422)
      let keyless = try await post(shop, "credits", key: nil)
      #expect(keyless.status == 400)
      #expect(keyless.field == "X-Idempotency-Key")
      #expect(try await shop.balance("bob") == 5_000)
    }
  }

  @Test func `what a wallet counts is kept apart`() async throws {
    try await withShop { shop in
      for unit in ["KRW", "USD", "POINT", "credit:images"] {
        let response = try await post(shop, "credits", Self.with("currency", .string(unit)))
        #expect(response.status == 201, "\(response.text)")
      }
      let flat = try await post(
        shop, "credits", Self.with("amount", ["amount": 7, "currency": "POINT"]))
      #expect(flat.status == 400)
      #expect(flat.field == "currency")
      var nested = Self.with("amount", ["amount": 7, "currency": "POINT"]).object!
      nested["currency"] = nil
      #expect(try await post(shop, "credits", .object(nested)).status == 201)
      #expect(try await shop.balance("bob", "POINT") == 5_007)
      #expect(try await shop.balance("bob", "credit:images") == 5_000)
      let points = try await shop.get("/v1/wallet/transactions?currency=POINT")
      #expect(try points.json["data"]?.array?.count == 2)
      #expect(try await shop.get("/v1/wallet/transactions?currency=EUR").field == "currency")
    }
  }

  @Test func `no wallet is overdrawn or overflows`() async throws {
    try await withShop { shop in
      let none = try await post(shop, "debits")
      #expect(none.status == 402)
      #expect(
        try none.json["error"]?["details"] == [
          "balance": ["amount": 0, "currency": "KRW"],
          "needed": ["amount": 5_000, "currency": "KRW"],
        ])
      #expect(try await post(shop, "credits").status == 201)
      #expect(try await post(shop, "debits", Self.with("amount", 5_001)).status == 402)
      #expect(try await post(shop, "debits").status == 201)
      #expect(try await shop.balance("bob") == 0)
    }
  }

  private static let wrong: [(String, JSONValue)] = [
    ("amount", 0), ("amount", -1), ("amount", .double(1.5)), ("amount", "5000"), ("amount", .null),
    ("amount", 1_000_000_000_001), ("amount", .integer(.max)), ("currency", "EUR"),
    ("currency", "krw"), ("currency", "credit:"), ("currency", 7), ("reason", ""),
    ("reason", " x"), ("ref_type", .null), ("ref_id", ""), ("expires_at", "soon"),
    ("expires_at", "2001-01-01T00:00:00Z"),
  ]

  @Test func `a wrong field is named`() async throws {
    try await withShop { shop in
      for (field, value) in Self.wrong {
        let response = try await post(shop, "credits", Self.with(field, value))
        #expect(response.status == 400, "\(field): \(value.jsonText) \(response.text)")
        #expect(response.field == field, "\(field): \(value.jsonText) \(response.text)")
      }
      for name in ["amount", "currency", "reason", "ref_type", "ref_id"] {
        let response = try await post(shop, "credits", Self.with(name, nil))
        #expect(response.status == 400)
        #expect(response.field == name)
      }
    }
  }

  @Test func `a wallet is told as it was at a moment`() async throws {
    try await withShop { shop in
      #expect(try await post(shop, "credits").status == 201)
      let before = try #require(
        try await shop.get("/v1/wallet/transactions").json["data"]?.array?.first?["created_at"]?
          .string)
      try await eventually("a millisecond has passed") {
        WallClock.system.now() > Instant(before)! + .milliseconds(5)
      }
      #expect(try await post(shop, "debits", Self.with("amount", 1_000)).status == 201)
      func amount(_ path: String, _ user: String) async throws -> JSONValue? {
        let response = try await shop.get(path, user)
        #expect(response.status == 200, "\(response.text)")
        return try response.json["data"]?["balances"]?.array?.first?["balance"]?["amount"]
      }
      #expect(try await amount("/v1/wallet?at=\(before)", "bob:USER") == 5_000)
      #expect(
        try await amount("/v1/admin/wallets/bob?at=2001-01-01T00:00:00Z", Shop.admin) == 0)
      #expect(try await amount("/v1/admin/wallets/bob", "carl:CS_AGENT") == 4_000)
      #expect(try await shop.get("/v1/wallet?at=yesterday").field == "at")
    }
  }

  @Test func `users see their own wallet, operators see all and few change them`() async throws {
    try await withShop { shop in
      #expect(try await post(shop, "credits").status == 201)
      let others = try await shop.get("/v1/wallet", "eve:USER")
      #expect(try others.json["data"]?["balances"] == [])
      #expect(try await shop.get("/v1/admin/wallets/bob", "eve:USER").status == 403)
      #expect(
        try await shop.get("/v1/admin/wallets/bob/transactions", "carl:CS_AGENT").status == 200)
      #expect(try await post(shop, "credits", by: "carl:CS_AGENT").status == 403)
      let elsewhere = try await shop.get("/v1/wallet", tenant: "other")
      #expect(try elsewhere.json["data"]?["balances"] == [])
    }
  }
}
