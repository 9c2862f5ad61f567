import Domain
import TestSupport
import Testing

@testable import API

extension Shop {
  /// Asks for a hold of won under a key, a new one by default, with the changes of `members`.
  func hold(
    _ amount: Int, of user: String = "bob", _ members: [String: JSONValue?] = [:],
    key: String = Shop.anyKey, by caller: String = Shop.admin, tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    var body = JSONObject()
    body["amount"] = .integer(amount)
    body["currency"] = "KRW"
    body["reason"] = "taxi"
    for (name, value) in members { body[name] = value }
    return try await api.ask(
      "POST", "/v1/admin/wallets/\(user)/holds", host: "\(tenant).test",
      token: "\(tenant):\(caller)", headers: [("X-Idempotency-Key", key)],
      body: JSONValue.object(body).jsonText)
  }

  /// Places a hold and returns its id.
  func held(
    _ amount: Int, of user: String = "bob", _ members: [String: JSONValue?] = [:],
    location: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let response = try await hold(amount, of: user, members)
    #expect(response.status == 201, "\(response.text)", sourceLocation: location)
    return try #require(
      try response.json["data"]?["hold_id"]?.string, sourceLocation: location)
  }

  /// Asks for the end of a hold under a key, a new one by default.
  ///
  /// - Parameter means: `capture` or `release`.
  func end(
    _ hold: String, _ means: String, _ body: JSONValue? = nil, of user: String = "bob",
    key: String = Shop.anyKey, by caller: String = Shop.admin, tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", "/v1/admin/wallets/\(user)/holds/\(hold)/\(means)", host: "\(tenant).test",
      token: "\(tenant):\(caller)", headers: [("X-Idempotency-Key", key)], body: body?.jsonText)
  }

  /// What a user has of won: the balance, what is held of it, and what is available.
  func won(of user: String = "bob") async throws -> [Int] {
    let balances = try await get("/v1/wallet", "\(user):USER").json["data"]?["balances"]?.array
    let won = balances?.first { $0["balance"]?["currency"] == "KRW" }
    return ["balance", "held", "available"].map { won?[$0]?["amount"]?.integer ?? 0 }
  }
}
