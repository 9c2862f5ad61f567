import Domain
import Services
import TestSupport
import Testing

@testable import API

/// What users are told, over real sockets and a real ledger.
@Suite struct NotificationRoutesTests {
  private static let path = "/v1/notifications"

  private static var markets: MarketBook {
    var book = MarketBook()
    _ = book.add(MarketRules(market: Market("KR")!, currency: .won, utcOffset: 540), of: nil)
    return book
  }

  private func told(
    _ shop: Shop, _ caller: String = "bob:USER", query: String = "", language: String? = nil
  ) async throws -> [JSONValue] {
    let answer = try await shop.api.ask(
      "GET", Self.path + query, token: "shop:\(caller)",
      headers: language.map { [("Accept-Language", $0)] } ?? [])
    #expect(answer.status == 200, "\(answer.text)")
    return try #require(try answer.json["data"]?.array)
  }

  private func kinds(_ told: [JSONValue]) -> [String] { told.compactMap { $0["kind"]?.string } }

  @Test func `an order's way is told in the reader's language, with what it is about`()
    async throws
  {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign()
      let coupon = try await shop.claimed(campaign)
      try await shop.recorded(1, of: campaign)
      let placed = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
      let order = try #require(try placed.json["data"]?["order_id"]?.string, "\(placed.text)")
      try await shop.credit("bob", 50_000)
      #expect(try await shop.pay(order).status == 200)
      #expect(try await shop.take(order, to: "FULFILLED").status == 200)
      #expect(try await shop.undo("refund", order, "cas:CS_AGENT").status == 200)

      let english = try await told(shop)
      // The coupon's time is its cell's, all others are the ledger's.
      #expect(
        kinds(english).filter { $0 != "coupon.issued" } == [
          "order.refunded", "order.fulfilled", "order.paid", "payment.approved", "coupon.used",
          "wallet.credited",
        ])
      let korean = try await told(shop, language: "ko")
      #expect(english.map { $0["id"] } == korean.map { $0["id"] })
      func find(_ kind: String, in told: [JSONValue]) throws -> JSONValue {
        try #require(told.first { $0["kind"]?.string == kind })
      }
      let used = try find("coupon.used", in: english)
      #expect(used["order_id"]?.string == order && used["coupon_id"]?.string == coupon)
      let moment = try #require(used["created_at"]?.string.flatMap { Instant($0) })
      #expect(used["title"] == "Coupon used")
      let date = DateText.minute(moment, in: .english, offset: 540)
      #expect(
        used["body"]?.string
          == "The coupon “Autumn” (\(coupon)) took ₩1,000 off order \(order) on \(date).")
      let approved = try find("payment.approved", in: korean)
      #expect(approved["title"] == "결제 승인" && approved["coupon_id"] == .null)
      #expect(approved["body"]?.string?.hasSuffix("결제 금액: 29,000원, 잔액: 21,000원.") == true)
      #expect(
        approved["body"]?.string?.contains(DateText.minute(moment, in: .korean, offset: 540))
          == true)
      let refunded = try find("order.refunded", in: english)
      #expect(refunded["body"]?.string?.hasPrefix("₩29,000 for order \(order)") == true)
      // Without a market of its own it is dated by the reader's.
      let issued = try find("coupon.issued", in: korean)
      #expect(issued["order_id"] == .null && issued["coupon_id"]?.string == coupon)
      #expect(issued["body"]?.string?.contains("(UTC+9)에 발급되었습니다.") == true)
    }
  }

  @Test func `orders that nobody paid, coupons taken back and points are told`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let campaign = try await shop.campaign()
      let coupon = try await shop.claimed(campaign)
      try await shop.recorded(1, of: campaign)
      let order = try await shop.placed([("a", 1)])
      #expect(try await shop.undo("cancel", order).status == 200)
      #expect(try await shop.recall(campaign, coupon: coupon).status == 200)
      try await shop.credit("bob", 1_200, "POINT")
      let told = try await told(shop)
      #expect(
        kinds(told).filter { $0 != "coupon.issued" }
          == ["wallet.credited", "coupon.recalled", "order.cancelled"])
      #expect(told[0]["body"]?.string?.hasPrefix("1,200 points came into your wallet") == true)
      #expect(told[0]["order_id"] == .null && told[0]["coupon_id"] == .null)
      #expect(told[1]["coupon_id"]?.string == coupon)
      #expect(told[2]["order_id"]?.string == order)
    }
  }

  @Test func `pages go on behind their cursor, and nobody reads what others are told`()
    async throws
  {
    try await withShop { shop in
      for amount in 1...5 { try await shop.credit("bob", amount) }
      try await shop.credit("eve", 77)
      // Of the same name, and somebody else.
      try await shop.credit("bob", 88, tenant: "other")
      let all = try await told(shop)
      #expect(all.count == 5)
      #expect(all.first?["body"]?.string?.hasPrefix("₩5 ") == true)
      #expect(Set(all[0].object!.names).count == 7)
      var pages: [JSONValue] = []
      var cursor: String?
      repeat {
        let answer = try await shop.get(
          "\(Self.path)?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
        pages += try #require(try answer.json["data"]?.array, "\(answer.text)")
        cursor = try answer.json["next_cursor"]?.string
      } while cursor != nil
      #expect(pages == all)
      let eve = try await told(shop, "eve:USER")
      #expect(eve.count == 1 && eve[0]["body"]?.string?.hasPrefix("₩77 ") == true)
      let other = try await shop.get(Self.path, tenant: "other")
      #expect(try other.json["data"]?.array?.count == 1, "\(other.text)")
      #expect(try await told(shop, "nobody:USER") == [])
      #expect(try await shop.get(Self.path, nil).status == 401)
      for query in ["limit=0", "limit=x", "cursor=x"] {
        let refused = try await shop.get("\(Self.path)?\(query)")
        #expect(refused.status == 400 && refused.field == String(query.prefix { $0 != "=" }))
      }
    }
  }
}
