import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// Holds over real sockets and a real ledger.
@Suite struct HoldRoutesTests {
  @Test func `what is set aside is told, captured, and stands in the history`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let placed = try await shop.hold(3_000, ["ref_type": "trip", "ref_id": "t1"])
      #expect(placed.status == 201, "\(placed.text)")
      let hold = try #require(try placed.json["data"])
      let id = try #require(hold["hold_id"]?.string)
      #expect(hold["user_id"] == "bob")
      #expect(hold["status"] == "OPEN")
      #expect(hold["amount"] == ["amount": 3_000, "currency": "KRW"])
      #expect(hold["captured"] == ["amount": 0, "currency": "KRW"])
      #expect(hold["reason"] == "taxi")
      #expect(hold["ref_type"] == "trip")
      #expect(hold["ref_id"] == "t1")
      #expect(Instant(hold["created_at"]?.string ?? "") != nil)
      for name in ["expires_at", "settled_at", "balance_after"] { #expect(hold[name] == .null) }
      #expect(try await shop.won() == [5_000, 3_000, 2_000])

      let captured = try await shop.end(id, "capture")
      #expect(captured.status == 200, "\(captured.text)")
      let ended = try #require(try captured.json["data"])
      #expect(ended["hold_id"]?.string == id)
      #expect(ended["status"] == "CAPTURED")
      #expect(ended["captured"] == ["amount": 3_000, "currency": "KRW"])
      #expect(ended["balance_after"] == ["amount": 2_000, "currency": "KRW"])
      #expect(Instant(ended["settled_at"]?.string ?? "") != nil)
      #expect(try await shop.won() == [2_000, 0, 2_000])

      let history = try await shop.get("/v1/wallet/transactions?limit=1")
      let newest = try #require(try history.json["data"]?.array?.first)
      #expect(newest["kind"] == "capture")
      #expect(newest["transaction_id"]?.string == id)
      #expect(newest["amount"] == ["amount": -3_000, "currency": "KRW"])
      #expect(newest["balance_after"] == ["amount": 2_000, "currency": "KRW"])
      #expect(newest["reason"] == "taxi")
      #expect(newest["ref_type"] == "trip")
      #expect(newest["ref_id"] == "t1")
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a part is captured and the rest is free again`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let first = try await shop.held(3_000)
      let part = try await shop.end(first, "capture", ["amount": 1_200])
      #expect(part.status == 200, "\(part.text)")
      #expect(try part.json["data"]?["amount"]?["amount"] == 3_000)
      #expect(try part.json["data"]?["captured"]?["amount"] == 1_200)
      #expect(try await shop.won() == [3_800, 0, 3_800])
      let second = try await shop.held(3_800)
      let money = try await shop.end(
        second, "capture", ["amount": ["amount": 800, "currency": "KRW"]])
      #expect(money.status == 200, "\(money.text)")
      #expect(try await shop.won() == [3_000, 0, 3_000])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `what is released can be spent again`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let id = try await shop.held(5_000)
      let released = try await shop.end(id, "release")
      #expect(released.status == 200, "\(released.text)")
      let hold = try released.json["data"]
      #expect(hold?["status"] == "RELEASED")
      #expect(hold?["captured"]?["amount"] == 0)
      #expect(hold?["balance_after"]?["amount"] == 5_000)
      #expect(try await shop.won() == [5_000, 0, 5_000])
      let transactions = try await shop.get("/v1/wallet/transactions")
      #expect(try transactions.json["data"]?.array?.count == 1)
      _ = try await shop.held(5_000)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `what is held pays no order and is no debit`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 1_000)
      try await shop.credit("bob", 1_500)
      let id = try await shop.held(501)
      let order = try await shop.reserve([("a", 1)])
      let refused = try await shop.pay(order)
      #expect(refused.status == 402, "\(refused.text)")
      #expect(refused.code == "INSUFFICIENT_FUNDS")
      #expect(try refused.json["error"]?["details"]?["balance"]?["amount"] == 999)
      let debit = try await shop.api.ask(
        "POST", "/v1/admin/wallets/bob/debits", token: "shop:\(Shop.admin)",
        headers: [("X-Idempotency-Key", "d")],
        body: #"{"amount":1000,"currency":"KRW","reason":"r","ref_type":"t","ref_id":"1"}"#)
      #expect(debit.status == 402, "\(debit.text)")
      #expect(try await shop.end(id, "release").status == 200)
      #expect(try await shop.pay(order).status == 200)
      #expect(try await shop.won() == [500, 0, 500])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `holds are listed by pages and by status, for their owner and for operators`()
    async throws
  {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      try await shop.credit("bob", 5_000, "POINT")
      let captured = try await shop.held(1)
      let released = try await shop.held(2)
      let points = try await shop.held(3, ["currency": "POINT"])
      let open = try await shop.held(4)
      #expect(try await shop.end(captured, "capture").status == 200)
      #expect(try await shop.end(released, "release").status == 200)
      func ids(_ path: String, _ caller: String) async throws -> [String] {
        let response = try await shop.get(path, caller)
        #expect(response.status == 200, "\(response.text)")
        return try response.json["data"]?.array?.compactMap { $0["hold_id"]?.string } ?? []
      }
      let all = [open, points, released, captured]
      #expect(try await ids("/v1/wallet/holds", "bob:USER") == all)
      #expect(try await ids("/v1/admin/wallets/bob/holds", "carl:CS_AGENT") == all)
      #expect(try await ids("/v1/wallet/holds?status=OPEN", "bob:USER") == [open, points])
      #expect(
        try await ids("/v1/admin/wallets/bob/holds?status=RELEASED", Shop.admin) == [released])
      #expect(try await ids("/v1/wallet/holds", "eve:USER") == [])

      let first = try await shop.get("/v1/wallet/holds?limit=3")
      let cursor = try #require(try first.json["next_cursor"]?.string)
      let second = try await shop.get("/v1/wallet/holds?limit=3&cursor=\(cursor)")
      #expect(try second.json["data"]?.array?.compactMap { $0["hold_id"]?.string } == [captured])
      #expect(try second.json["next_cursor"] == .null)
      #expect(try await shop.get("/v1/wallet/holds?status=open").field == "status")
      #expect(try await shop.get("/v1/wallet/holds?cursor=x").field == "cursor")

      let one = try await shop.get("/v1/admin/wallets/bob/holds/\(points)", "carl:CS_AGENT")
      #expect(try one.json["data"]?["amount"] == ["amount": 3, "currency": "POINT"])
      let stranger = try await shop.get("/v1/admin/wallets/eve/holds/\(points)", Shop.admin)
      #expect(stranger.status == 404)
    }
  }

  @Test func `a hold whose end has come is free again and is not captured`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let end = WallClock.system.now() + .milliseconds(700)
      let id = try await shop.held(3_000, ["expires_at": "\(end)"])
      let lasting = try await shop.held(1_000, ["expires_at": "2099-01-01T00:00:00Z"])
      try await eventually("the hold's end has come") {
        try await shop.get("/v1/admin/wallets/bob/holds/\(id)", Shop.admin)
          .json["data"]?["status"] == "EXPIRED"
      }
      #expect(try await shop.won() == [5_000, 1_000, 4_000])
      for means in ["capture", "release"] {
        let late = try await shop.end(id, means)
        #expect(late.status == 409, "\(late.text)")
        #expect(try late.json["error"]?["details"]?["status"] == "EXPIRED")
      }
      #expect(try await shop.end(lasting, "capture").status == 200)
      #expect(try await shop.breaches() == [])
    }
  }
}
