import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// Changes of one SKU by several at once.
@Suite struct SKUChangeTests {
  private static let won: JSONValue = [["market": "KR", "amount": 700, "currency": "KRW"]]

  private func ask(
    _ shop: Shop, _ method: String, _ path: String, _ body: JSONValue
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      method, "/v1/admin/\(path)", token: "shop:\(Shop.admin)", body: body.jsonText)
  }

  /// The answer to a request that comes while `statement` is not committed yet, and waits for it.
  private func answer(
    _ shop: Shop, beside statement: String,
    to request: @escaping () async throws -> HTTPTestResponse
  ) async throws -> HTTPTestResponse {
    let database = shop.api.services.database
    var answers: [Result<HTTPTestResponse, any Error>] = []
    var sent: Task<Void, Never>?
    try await database.transaction { transaction in
      _ = try await transaction.query(Statement(unprepared: statement))
      sent = shop.api.loop.spawn {
        do { answers.append(.success(try await request())) } catch {
          answers.append(.failure(error))
        }
      }
      try await eventually("the request waits") {
        try await !database.query(
          """
          select from pg_stat_activity where datname = current_database()
            and wait_event_type = 'Lock' and query like '%spillway.put_sku%'
          """
        ).isEmpty
      }
    }
    await sent?.value
    return try answers[0].get()
  }

  @Test func `a change of prices keeps the name that somebody gives meanwhile`() async throws {
    try await withShop { shop in
      let product = try await shop.addProduct("a")
      let changed = try await answer(
        shop,
        beside: """
          select spillway.put_sku('shop', 'a', '\(product)', 'Runner', 'zoe', '{}', '{}', '{}')
          """
      ) { try await ask(shop, "PATCH", "skus/a", ["prices": Self.won]) }
      #expect(changed.status == 200, "\(changed.text)")
      #expect(try changed.json["data"]?["name"] == "Runner")
      #expect(try changed.json["data"]?["prices"] == Self.won)
    }
  }

  @Test(arguments: [false, true])
  func `of two who add one SKU the second is refused`(hasSales: Bool) async throws {
    try await withShop { shop in
      let product = try await shop.addProduct("b")
      var draft: [String: JSONValue] = [
        "sku": "a", "product_id": .string(product), "name": "Mine", "prices": Self.won,
      ]
      if hasSales {
        draft["sale_prices"] = [
          [
            "market": "KR", "amount": 70, "currency": "KRW",
            "starts_at": "2026-01-01T00:00:00.000Z", "ends_at": "2126-01-01T00:00:00.000Z",
          ]
        ]
      }
      let body = draft.asJSON
      let second = try await answer(
        shop,
        beside: """
          select spillway.put_sku('shop', 'a', '\(product)', 'First', 'zoe', '{KR}', '{KRW}', '{500}')
          """
      ) { try await ask(shop, "POST", "skus", body) }
      #expect(second.status == 409 && second.code == "CONFLICT", "\(second.text)")
      let sku = try await shop.manage("GET", "/v1/admin/skus/a", status: 200)
      #expect(sku["name"] == "First")
      #expect(sku["prices"] == [["market": "KR", "amount": 500, "currency": "KRW"]])
      #expect(sku["sale_prices"] == [])
    }
  }
}
