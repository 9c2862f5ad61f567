import Domain
import TestSupport
import Testing

@testable import API

@Suite struct ExchangeRateRoutesTests {
  private static func draft(
    _ numerator: Int, _ denominator: Int, from: String = "USD", to: String = "KRW",
    _ members: [String: JSONValue] = [:]
  ) -> JSONValue {
    var draft = JSONObject()
    draft["from"] = .string(from)
    draft["to"] = .string(to)
    draft["rate"] = [
      "numerator": .integer(numerator), "denominator": .integer(denominator),
    ]
    for (name, value) in members { draft[name] = value }
    return .object(draft)
  }

  private static func exchange(_ amount: Int, _ from: String, _ to: String) -> String {
    "/v1/exchange?amount=\(amount)&from=\(from)&to=\(to)"
  }

  @Test func `money is converted by the rate that holds, and back by its inverse`() async throws {
    try await withShop { shop in
      #expect(try await shop.get(Self.exchange(1_999, "USD", "KRW"), nil).status == 404)
      let now = WallClock.system.now()
      let path = "/v1/admin/exchange-rates"
      let first = try await shop.manage(
        "POST", path, Self.draft(1_000, 1))
      #expect(first["valid_until"] == .null)
      let rate = try await shop.manage("POST", path, Self.draft(13_855, 10))
      // What was converted before now stays as it was.
      let past = try await shop.api.ask(
        "POST", path, token: "shop:\(Shop.admin)",
        body: Self.draft(1, 1, ["valid_from": "\(now - .seconds(3_600))"]).jsonText)
      #expect(past.status == 400 && past.field == "valid_from")
      // One that has not begun.
      let later: JSONValue = "\(now + .seconds(3_600))"
      try await shop.manage("POST", path, Self.draft(2, 1, ["valid_from": later]))
      try await shop.manage(
        "POST", path, Self.draft(3, 1, ["valid_from": later]), status: 409)

      let worth = try await shop.get(Self.exchange(1_999, "USD", "KRW"), nil)
      #expect(worth.status == 200, "\(worth.text)")
      let data = try worth.json["data"]
      #expect(data?["to"] == ["amount": 27_696, "currency": "KRW"])
      #expect(data?["rate"] == rate["rate"])
      let back = try await shop.get(Self.exchange(27_696, "KRW", "USD"), nil)
      #expect(try back.json["data"]?["to"] == ["amount": 1_999, "currency": "USD"])

      let list = try await shop.manage("GET", path, status: 200)
      #expect(list.array?.count == 3)
      #expect(list.array?.contains(rate) == true)
      let foreign = try await shop.get(Self.exchange(1, "USD", "KRW"), nil, tenant: "other")
      #expect(foreign.status == 404)
    }
  }

  @Test func `what is wrong is named`() async throws {
    try await withShop { shop in
      let path = "/v1/admin/exchange-rates"
      func refused(_ draft: JSONValue) async throws -> String? {
        try await shop.api.ask(
          "POST", path, token: "shop:\(Shop.admin)", body: draft.jsonText
        ).field
      }
      #expect(try await refused(Self.draft(1, 1, from: "EUR")) == "from")
      #expect(try await refused(Self.draft(1, 1, from: "POINT")) == "from")
      #expect(try await refused(Self.draft(1, 1, to: "POINT")) == "to")
      #expect(try await refused(Self.draft(1, 1, to: "USD")) == "to")
      #expect(try await refused(Self.draft(0, 1)) == "rate.numerator")
      #expect(try await refused(Self.draft(1, 1_000_000_000_001)) == "rate.denominator")
      #expect(
        try await refused(Self.draft(1, 1, ["valid_until": "2000-01-01T00:00:00Z"]))
          == "valid_until")
      #expect(
        try await refused(
          Self.draft(
            1, 1,
            ["valid_from": "2030-01-01T00:00:00Z", "valid_until": "2030-01-01T00:00:00Z"]))
          == "valid_until")
      try await shop.manage("POST", path, Self.draft(1_000_000_000_000, 1))
      #expect(try await shop.get(Self.exchange(.max, "USD", "KRW"), nil).field == "amount")
      #expect(try await shop.get("/v1/exchange?from=USD&to=KRW", nil).field == "amount")
      #expect(try await shop.get(Self.exchange(1, "USD", "USD"), nil).field == "to")
      #expect(try await shop.get(Self.exchange(1, "EUR", "USD"), nil).field == "from")
      for (from, to, field) in [("POINT", "KRW", "from"), ("KRW", "POINT", "to")] {
        let points = try await shop.get(Self.exchange(1, from, to), nil)
        #expect(points.status == 400 && points.code == "INVALID_ARGUMENT")
        #expect(points.field == field)
        #expect(points.text.contains("must be money, one of: KRW, USD"), "\(points.text)")
      }
    }
  }

  @Test func `only who may change settings enters rates`() async throws {
    try await withShop { shop in
      for role in ["USER", "INVENTORY_MANAGER", "MARKETING_MANAGER", "CS_AGENT"] {
        let response = try await shop.api.ask(
          "POST", "/v1/admin/exchange-rates", token: "shop:eve:\(role)",
          body: Self.draft(1, 1).jsonText)
        #expect(response.status == 403, "\(role)")
      }
    }
  }
}
