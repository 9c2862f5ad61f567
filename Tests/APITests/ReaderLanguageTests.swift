import Domain
import Services
import TestSupport
import Testing

@testable import API

/// The language of what people read: the one that their profile names, before the one that their program asks
/// for.
@Suite struct ReaderLanguageTests {
  private static let korean = "bob:USER::ko"
  private static let english = "bob:USER::en"

  private static var markets: MarketBook {
    var book = MarketBook()
    _ = book.add(
      MarketRules(market: Market("KR")!, currency: .won, electronicReceipt: true), of: nil)
    return book
  }

  private func ask(
    _ shop: Shop, _ method: String, _ path: String, _ caller: String, accepting: String? = nil,
    body: String? = nil
  ) async throws -> HTTPTestResponse {
    var headers = [("X-Idempotency-Key", Shop.anyKey)]
    if let accepting { headers.append(("Accept-Language", accepting)) }
    return try await shop.api.ask(
      method, path, token: "shop:\(caller)", headers: headers, body: body)
  }

  /// Has a request answered to a Korean whose program asks for English, to an Englishman whose program asks for
  /// Korean, and to one whose profile tells no language.
  private func check(
    _ shop: Shop, _ method: String, _ path: String, body: String? = nil, english: String,
    korean: String, location: SourceLocation = #_sourceLocation,
    text: (JSONValue) -> JSONValue?
  ) async throws {
    let readers: [(caller: String, accepting: String?, text: String)] = [
      (Self.korean, "en", korean), (Self.korean, nil, korean), (Self.english, "ko", english),
      ("bob:USER", "ko", korean), ("bob:USER", nil, english),
    ]
    for reader in readers {
      let answer = try await ask(
        shop, method, path, reader.caller, accepting: reader.accepting, body: body)
      let found = text(try answer.json)?.string
      #expect(
        found?.contains(reader.text) == true,
        "\(path) to \(reader.caller) accepting \(reader.accepting ?? "-"): \(answer.text)",
        sourceLocation: location)
    }
  }

  @Test func `receipts, carts, refused coupons and notifications speak the profile's language`()
    async throws
  {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("a", 10, price: 1_000)
      let order = try await shop.bought([("a", 1)])
      try await check(
        shop, "GET", "/v1/orders/\(order)/receipt", english: "Total: ₩1,000",
        korean: "합계: 1,000원"
      ) { $0["data"]?["text"] }
      try await check(
        shop, "GET", "/v1/notifications?limit=1", english: "Total: ₩1,000.",
        korean: "합계: 1,000원."
      ) { $0["data"]?.array?.first?["body"] }

      let campaign = try await shop.campaign(eligibility: ["min_subtotal": 20_000])
      let coupon = try await shop.claimed(campaign)
      try await check(
        shop, "POST", "/v1/orders", body: Shop.body([("a", 1)], coupon: coupon),
        english: "₩20,000 or more", korean: "20,000원 이상"
      ) { $0["error"]?["details"]?["explanation"] }
      let put = try await ask(
        shop, "PUT", "/v1/cart/items/a", Self.korean, body: #"{"quantity":1}"#)
      #expect(put.status == 200, "\(put.text)")
      try await check(
        shop, "PUT", "/v1/cart/coupon", body: #"{"coupon_id":"\#(coupon)"}"#,
        english: "₩20,000 or more", korean: "20,000원 이상"
      ) { $0["data"]?["coupon"]?["explanation"] }
    }
  }

  @Test func `a refusal's message is in the language that the request asks for`() async throws {
    try await withShop { shop in
      let path = "/v1/orders/0195d2e0-0000-7000-8000-000000000000"
      let asked = try await ask(shop, "GET", path, Self.english, accepting: "ko")
      #expect(
        try asked.json["error"]?["message"]?.string
          == "\(ErrorCode.notFound.message(in: .korean))")
      let silent = try await ask(shop, "GET", path, Self.korean)
      #expect(
        try silent.json["error"]?["message"]?.string
          == "\(ErrorCode.notFound.message(in: .english))")
    }
  }
}
