import Domain
import TestSupport
import Testing

@testable import API

extension Shop {
  /// Puts so much into a wallet.
  func credit(
    _ user: String, _ amount: Int, _ currency: String = "KRW", expiresAt: Instant? = nil,
    tenant: String = "shop", location: SourceLocation = #_sourceLocation
  ) async throws {
    let body: JSONValue = [
      "amount": .integer(amount), "currency": .string(currency), "reason": "charge",
      "ref_type": "test", "ref_id": "1", "expires_at": JSONValue(expiresAt?.description),
    ]
    let response = try await api.ask(
      "POST", "/v1/admin/wallets/\(user)/credits", host: "\(tenant).test",
      token: "\(tenant):\(Self.admin)", headers: [("X-Idempotency-Key", Self.anyKey)],
      body: body.jsonText)
    #expect(response.status == 201, "\(response.text)", sourceLocation: location)
  }

  /// What a user has in a unit; 0 where there is no wallet of it.
  func balance(
    _ user: String, _ currency: String = "KRW", tenant: String = "shop"
  ) async throws -> Int {
    let response = try await get("/v1/wallet", "\(user):USER", tenant: tenant)
    #expect(response.status == 200, "\(response.text)")
    let balances = try response.json["data"]?["balances"]?.array ?? []
    let found = balances.first { $0["balance"]?["currency"]?.string == currency }
    return found?["balance"]?["amount"]?.integer ?? 0
  }

  /// Reserves goods and returns the order's id.
  func reserve(
    _ lines: [(String, Int)], _ user: String = "bob", sale: String? = nil, tenant: String = "shop"
  ) async throws -> String {
    let placed = try await order(Self.body(lines, sale: sale), user, tenant: tenant)
    #expect(placed.status == 201, "\(placed.text)")
    return try #require(try placed.json["data"]?["order_id"]?.string)
  }

  /// Pays an order under a key, a new one by default.
  func pay(
    _ order: String, _ user: String = "bob", key: String? = nil,
    body: String? = #"{"method":"wallet"}"#, tenant: String = "shop",
    headers: [(String, String)] = []
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", "/v1/orders/\(order)/payment", host: "\(tenant).test",
      token: "\(tenant):\(user):USER",
      headers: [("X-Idempotency-Key", key ?? Self.anyKey)] + headers, body: body)
  }

  func status(of order: String, _ user: String = "bob") async throws -> String? {
    try await get("/v1/orders/\(order)", "\(user):USER").json["data"]?["status"]?.string
  }

  static var anyKey: String { "\(UInt64.random(in: 0...UInt64.max))" }
}
