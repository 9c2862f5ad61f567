import Domain
import Services
import TestSupport
import Testing

@testable import API

/// What the markets of a tenant allow campaigns of sellers, and of nobody else.
@Suite struct SellerBoundsTests {
  private static let sam = "sam:SELLER"
  private static let path = "/v1/admin/campaigns"

  private static let markets: MarketBook = {
    var book = MarketBook()
    let korea = SellerBounds(
      quantity: 100, days: 10, couponDays: 20, basisPoints: 2_000, amount: 5_000)
    let isAdded = [
      book.add(MarketRules(market: Market("KR")!, currency: .won, sellers: korea), of: nil),
      book.add(MarketRules(market: Market("US")!, currency: .dollar), of: nil),
    ]
    precondition(isAdded == [true, true])
    return book
  }()

  private static let opening = WallClock.system.now()

  private static func after(days: Int) -> JSONValue {
    "\(opening + .seconds(days * 86_400))"
  }

  /// A campaign that is just within the bounds, with other `members`.
  private static func body(_ members: [String: JSONValue] = [:]) -> JSONValue {
    var body = JSONObject()
    body["name"] = "Mine"
    body["quantity"] = 100
    body["per_user_limit"] = 1
    body["opens_at"] = after(days: 0)
    body["closes_at"] = after(days: 10)
    body["expires_at"] = after(days: 20)
    body["discount"] = ["type": "amount", "value": 5_000, "currency": "KRW"]
    for (name, value) in members { body[name] = value }
    return .object(body)
  }

  /// Parts that are beyond the bounds, and the fields that name them.
  private static let beyond: [(members: [String: JSONValue], field: String)] = [
    (["quantity": 101], "quantity"),
    (["closes_at": after(days: 11)], "closes_at"),
    (["expires_at": after(days: 21)], "expires_at"),
    (["expires_at": .null], "expires_at"),
    (["discount": ["type": "rate", "value": .double(20.01)]], "discount.value"),
    (["discount": ["type": "amount", "value": 5_001, "currency": "KRW"]], "discount.value"),
  ]

  private func send(
    _ shop: Shop, _ method: String, _ path: String, _ body: JSONValue, by caller: String
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(method, path, token: "shop:\(caller)", body: body.jsonText)
  }

  @Test func `a seller makes campaigns within the bounds, a marketing manager any`() async throws {
    try await withShop(markets: Self.markets) { shop in
      let made = try await send(shop, "POST", Self.path, Self.body(), by: Self.sam)
      #expect(made.status == 201, "\(made.text)")
      let rate: JSONValue = ["type": "rate", "value": 20]
      let rated = try await send(
        shop, "POST", Self.path, Self.body(["discount": rate]), by: Self.sam)
      #expect(rated.status == 201, "\(rated.text)")
      for (members, field) in Self.beyond {
        let refused = try await send(
          shop, "POST", Self.path, Self.body(members), by: Self.sam)
        #expect(
          refused.status == 400 && refused.code == "INVALID_ARGUMENT" && refused.field == field,
          "\(members): \(refused.text)")
        for caller in [Shop.marketing, Shop.admin, "sue:SELLER,MARKETING_MANAGER"] {
          let other = try await send(shop, "POST", Self.path, Self.body(members), by: caller)
          #expect(other.status == 201, "\(members) \(caller): \(other.text)")
        }
        // Where it cannot be used a market has no say.
        var abroad = members
        abroad["eligibility"] = ["markets": ["US"]]
        let there = try await send(shop, "POST", Self.path, Self.body(abroad), by: Self.sam)
        #expect(there.status == 201, "\(members): \(there.text)")
      }
      let list = try await shop.get(Self.path, Self.sam)
      #expect(try list.json["data"]?.array?.count == 2 + Self.beyond.count)
    }
  }

  @Test func `a seller's change stays within the bounds, whoever went beyond them before`()
    async throws
  {
    try await withShop(markets: Self.markets) { shop in
      let made = try await send(shop, "POST", Self.path, Self.body(), by: Self.sam)
      let id = try #require(try made.json["data"]?["campaign_id"]?.string, "\(made.text)")
      let path = "\(Self.path)/\(id)"
      for (members, field) in Self.beyond {
        var change = JSONObject()
        for (name, value) in members { change[name] = value }
        let refused = try await send(shop, "PATCH", path, .object(change), by: Self.sam)
        #expect(refused.status == 400 && refused.field == field, "\(members): \(refused.text)")
      }
      #expect(try await shop.get(path, Self.sam).json["data"] == made.json["data"])
      let raised = try await send(shop, "PATCH", path, ["quantity": 500], by: Shop.marketing)
      #expect(raised.status == 200, "\(raised.text)")
      // What somebody else allowed stays, and goes no further.
      let renamed = try await send(shop, "PATCH", path, ["name": "Ours"], by: Self.sam)
      #expect(try renamed.json["data"]?["quantity"] == 500, "\(renamed.text)")
      let more = try await send(shop, "PATCH", path, ["quantity": 501], by: Self.sam)
      #expect(more.status == 400 && more.field == "quantity", "\(more.text)")
      // A campaign for elsewhere does not come home beyond the bounds.
      let away = try await send(
        shop, "POST", Self.path,
        Self.body(["quantity": 900, "eligibility": ["markets": ["US"]]]), by: Self.sam)
      let other = try #require(try away.json["data"]?["campaign_id"]?.string, "\(away.text)")
      for eligibility in [.null, ["markets": ["US", "KR"]]] as [JSONValue] {
        let home = try await send(
          shop, "PATCH", "\(Self.path)/\(other)", ["eligibility": eligibility], by: Self.sam)
        #expect(home.status == 400 && home.field == "quantity", "\(home.text)")
      }
    }
  }
}
