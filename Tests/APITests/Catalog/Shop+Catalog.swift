import Domain
import TestSupport
import Testing

@testable import API
@testable import Services

extension Shop {
  /// Adds a product with one SKU of the same name that is sold in KR; returns its id.
  @discardableResult
  func addProduct(
    _ sku: String, price: Int = 1000, _ members: [String: JSONValue] = [:],
    quantity: Int? = nil, tenant: String = "shop"
  ) async throws -> String {
    var draft = JSONObject()
    draft["name"] = .string("Thing \(sku)")
    for (name, value) in members { draft[name] = value }
    let product = try await manage(
      "POST", "/v1/admin/products", .object(draft), tenant: tenant)
    try await manage(
      "POST", "/v1/admin/skus",
      [
        "sku": .string(sku), "product_id": product["product_id"]!,
        "prices": [["market": "KR", "amount": .integer(price), "currency": "KRW"]],
      ], tenant: tenant)
    if let quantity { try await receive(sku, quantity, tenant: tenant) }
    return try #require(product["product_id"]?.string)
  }

  /// Opens a campaign of coupons for some goods; returns its id.
  func openCampaign(for eligibility: JSONValue) async throws -> JSONValue {
    let now = WallClock.system.now()
    let campaign = try await manage(
      "POST", "/v1/admin/campaigns",
      [
        "name": "Spring", "quantity": 100, "per_user_limit": 1,
        "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3600))",
        "discount": ["type": "amount", "value": 1000, "currency": "KRW"],
        "eligibility": eligibility,
      ])
    return try #require(campaign["campaign_id"])
  }

  /// The ids of the products that a query lists, in order.
  func productIDs(
    _ query: String, tenant: String = "shop"
  ) async throws -> [String] {
    let answer = try await get("/v1/products?\(query)", nil, tenant: tenant)
    #expect(answer.status == 200, "\(answer.text)")
    return try answer.json["data"]?.array?.compactMap { $0["product_id"]?.string } ?? []
  }

  func look(
    _ path: String, _ headers: [(String, String)] = [], token: String? = nil
  ) async throws -> HTTPTestResponse {
    try await api.ask("GET", path, token: token, headers: headers)
  }

  /// Returns when what was in memory before is as old as it may become.
  func untilForgotten() async throws {
    let end = api.loop.milliseconds + StockMemory.lifeMilliseconds
    try await eventually("a second is over") { api.loop.milliseconds > end }
  }
}

/// Korean in a query.
func percentEncoded(_ text: String) -> String {
  text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
