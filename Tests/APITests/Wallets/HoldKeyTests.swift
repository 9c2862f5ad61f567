import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// Idempotency keys of holds, and what happens to one hold at once.
@Suite struct HoldKeyTests {
  @Test func `a key places one hold and ends one, and each is answered the same again`()
    async throws
  {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let placed = try await shop.hold(3_000, key: "p")
      let id = try #require(try placed.json["data"]?["hold_id"]?.string)
      let captured = try await shop.end(id, "capture", ["amount": 1_000], key: "c")
      #expect(captured.status == 200, "\(captured.text)")
      // With the record of each key, and by what the ledger keeps of it for ever.
      for _ in 0..<2 {
        let again = try await shop.hold(3_000, key: "p")
        #expect(again.status == 201, "\(again.text)")
        #expect(again.headers["idempotent-replayed"] == "true")
        #expect(try again.json["data"] == placed.json["data"])
        let repeated = try await shop.end(id, "capture", ["amount": 1_000], key: "c")
        #expect(repeated.status == 200, "\(repeated.text)")
        #expect(repeated.headers["idempotent-replayed"] == "true")
        #expect(try repeated.json["data"] == captured.json["data"])
        for other in [
          try await shop.hold(2_999, key: "p"), try await shop.hold(3_000, of: "ann", key: "p"),
          try await shop.end(id, "capture", ["amount": 999], key: "c"),
        ] {
          #expect(other.status == 422, "\(other.text)")
          #expect(other.code == "IDEMPOTENCY_KEY_REUSE")
        }
        _ = try await shop.api.services.database.query("delete from spillway.idempotency_records")
      }
      #expect(try await shop.won() == [4_000, 0, 4_000])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a release is answered the same again, and its key ends nothing else`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let (first, second) = (try await shop.held(1_000), try await shop.held(2_000))
      let released = try await shop.end(first, "release", key: "r")
      #expect(released.status == 200, "\(released.text)")
      for _ in 0..<2 {
        let again = try await shop.end(first, "release", key: "r")
        #expect(again.status == 200)
        #expect(again.headers["idempotent-replayed"] == "true")
        #expect(try again.json["data"] == released.json["data"])
        #expect(try await shop.end(second, "release", key: "r").status == 422)
        _ = try await shop.api.services.database.query("delete from spillway.idempotency_records")
      }
      #expect(try await shop.won() == [5_000, 2_000, 3_000])
    }
  }

  @Test func `what needs a key is refused without one`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let id = try await shop.held(1_000)
      for path in ["holds", "holds/\(id)/capture", "holds/\(id)/release"] {
        let response = try await shop.api.ask(
          "POST", "/v1/admin/wallets/bob/\(path)", token: "shop:\(Shop.admin)",
          body: #"{"amount":1,"currency":"KRW","reason":"taxi"}"#)
        #expect(response.status == 400, "\(path): \(response.text)")
        #expect(response.field == "X-Idempotency-Key")
      }
      #expect(try await shop.won() == [5_000, 1_000, 4_000])
    }
  }

  @Test func `of many who end one hold at once one does, and the others hear how`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let id = try await shop.held(3_000)
      let answers = try await together(shop, 32) { number in
        number.isMultiple(of: 2)
          ? try await shop.end(id, "release")
          : try await shop.end(id, "capture", ["amount": .integer(100 + number)])
      }
      let winners = answers.filter { $0.status == 200 }
      #expect(winners.count == 1)
      let winner = try #require(try winners.first?.json["data"])
      for answer in answers where answer.status != 200 {
        #expect(answer.status == 409, "\(answer.text)")
        #expect(answer.code == "CONFLICT")
        #expect(try answer.json["error"]?["details"]?["status"] == winner["status"])
      }
      let left = 5_000 - (winner["captured"]?["amount"]?.integer ?? 0)
      #expect(try await shop.won() == [left, 0, left])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `of many who repeat one capture at once all hear the same, and one is made`()
    async throws
  {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let id = try await shop.held(3_000)
      let answers = try await together(shop, 32) { _ in
        try await shop.end(id, "capture", key: "c")
      }
      #expect(answers.filter { $0.headers["idempotent-replayed"] == nil }.count == 1)
      let first = try answers[0].json["data"]
      for answer in answers {
        #expect(answer.status == 200, "\(answer.text)")
        #expect(try answer.json["data"] == first)
      }
      #expect(try await shop.won() == [2_000, 0, 2_000])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `of many holds placed at once as many are as there is money for`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let answers = try await together(shop, 32) { _ in try await shop.hold(700) }
      #expect(answers.filter { $0.status == 201 }.count == 7)
      #expect(answers.filter { $0.status == 402 }.count == 25)
      #expect(try await shop.won() == [5_000, 4_900, 100])
      #expect(try await shop.breaches() == [])
    }
  }
}
