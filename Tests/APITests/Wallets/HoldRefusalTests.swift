import Domain
import TestSupport
import Testing

@testable import API

/// What of holds is refused, and that nothing comes of it.
@Suite struct HoldRefusalTests {
  @Test func `no more is set aside than is not held already`() async throws {
    try await withShop { shop in
      let none = try await shop.hold(1)
      #expect(none.status == 402, "\(none.text)")
      try await shop.credit("bob", 5_000)
      _ = try await shop.held(3_000)
      let short = try await shop.hold(2_001)
      #expect(short.status == 402, "\(short.text)")
      #expect(short.code == "INSUFFICIENT_FUNDS")
      #expect(
        try short.json["error"]?["details"] == [
          "balance": ["amount": 2_000, "currency": "KRW"],
          "needed": ["amount": 2_001, "currency": "KRW"],
        ])
      #expect(try await shop.hold(1, ["currency": "USD"]).status == 402)
      #expect(try await shop.won() == [5_000, 3_000, 2_000])
    }
  }

  private static let wrong: [(String, JSONValue?)] = [
    ("amount", 0), ("amount", -1), ("amount", .double(1.5)), ("amount", "5"), ("amount", .null),
    ("amount", nil), ("amount", 1_000_000_000_001), ("amount", .integer(.max)),
    ("currency", "EUR"), ("currency", "krw"), ("currency", 7), ("currency", nil), ("reason", ""),
    ("reason", nil), ("reason", " x"), ("expires_at", "soon"),
    ("expires_at", "2001-01-01T00:00:00Z"),
  ]

  @Test func `a wrong field of a hold is named`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      for (field, value) in Self.wrong {
        let response = try await shop.hold(5, [field: value])
        #expect(response.status == 400, "\(field): \(response.text)")
        #expect(response.field == field, "\(field): \(response.text)")
      }
      #expect(try await shop.hold(5, ["ref_type": "trip"]).field == "ref_id")
      #expect(try await shop.hold(5, ["ref_id": "t1"]).field == "ref_type")
      let nested = try await shop.hold(
        5, ["amount": ["amount": 0, "currency": "KRW"], "currency": nil])
      #expect(nested.field == "amount.amount")
      #expect(try await shop.won() == [5_000, 0, 5_000])
    }
  }

  private static let wrongParts: [(JSONValue, String)] = [
    (["amount": 0], "amount"), (["amount": -1], "amount"), (["amount": 3_001], "amount"),
    (["amount": .integer(.max)], "amount"), (["amount": .null], "amount"),
    (["amount": "all"], "amount"), (["amount": 1, "currency": "USD"], "currency"),
    (["currency": "POINT"], "currency"), (["currency": "EUR"], "currency"),
    (["amount": ["amount": 1, "currency": "USD"]], "amount.currency"),
    (["amount": ["amount": 3_001, "currency": "KRW"]], "amount.amount"),
    (["amount": ["amount": 1]], "amount.currency"),
    (["amount": ["amount": 1, "currency": "KRW"], "currency": "KRW"], "currency"),
    (["amout": 1], "amout"),
    (["amount": ["amount": 1, "currency": "KRW", "value": 2]], "amount.value"),
  ]

  @Test func `a wrong amount of a capture is named`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let id = try await shop.held(3_000)
      for (body, field) in Self.wrongParts {
        let response = try await shop.end(id, "capture", body)
        #expect(response.status == 400, "\(body.jsonText): \(response.text)")
        #expect(response.field == field, "\(body.jsonText): \(response.text)")
      }
      #expect(try await shop.won() == [5_000, 3_000, 2_000])
      let right = try await shop.end(
        id, "capture", ["amount": 3_000, "currency": "KRW", "app_id": "other"])
      #expect(right.status == 200, "\(right.text)")
    }
  }

  @Test func `a hold that has ended stays so, and says how`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      for (means, status) in [("capture", "CAPTURED"), ("release", "RELEASED")] {
        let id = try await shop.held(1_000)
        #expect(try await shop.end(id, means).status == 200)
        for other in ["capture", "release"] {
          let late = try await shop.end(id, other)
          #expect(late.status == 409, "\(late.text)")
          #expect(late.code == "CONFLICT")
          #expect(try late.json["error"]?["details"]?["status"]?.string == status)
        }
      }
      #expect(try await shop.won() == [4_000, 0, 4_000])
    }
  }

  @Test func `a hold is found by its own user and tenant alone`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      try await shop.credit("ann", 5_000)
      let id = try await shop.held(1_000)
      for means in ["capture", "release"] {
        for response in [
          try await shop.end(id, means, of: "ann"),
          try await shop.end("0195d2e0-0000-7000-8000-000000000000", means),
          try await shop.end("no-id", means), try await shop.end(id, means, tenant: "other"),
        ] {
          #expect(response.status == 404, "\(response.text)")
          #expect(response.code == "NOT_FOUND")
        }
      }
      let elsewhere = try await shop.get("/v1/admin/wallets/bob/holds", Shop.admin, tenant: "other")
      #expect(try elsewhere.json["data"] == [])
      let one = try await shop.get(
        "/v1/admin/wallets/bob/holds/\(id)", Shop.admin, tenant: "other")
      #expect(one.status == 404)
      #expect(try await shop.won() == [5_000, 1_000, 4_000])
    }
  }

  @Test func `who may not change wallets places and ends no holds`() async throws {
    try await withShop { shop in
      try await shop.credit("bob", 5_000)
      let id = try await shop.held(1_000)
      for caller in ["bob:USER", "carl:CS_AGENT", "olga:APP_OPERATOR", "ivan:INVENTORY_MANAGER"] {
        #expect(try await shop.hold(1, by: caller).status == 403, "\(caller)")
        for means in ["capture", "release"] {
          #expect(try await shop.end(id, means, by: caller).status == 403, "\(caller)")
        }
      }
      #expect(try await shop.get("/v1/admin/wallets/bob/holds", "bob:USER").status == 403)
      #expect(try await shop.won() == [5_000, 1_000, 4_000])
      #expect(try await shop.end(id, "release", by: "otto:OPERATIONS_MANAGER").status == 200)
    }
  }
}
