import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// What a refund brings back besides money, as its market says.
@Suite struct RefundReturnsTests {
  private func book(_ returns: RefundReturns) -> MarketBook {
    var book = MarketBook()
    let isAdded = book.add(
      MarketRules(market: Market("KR")!, currency: .won, refundReturns: returns), of: nil)
    precondition(isAdded)
    return book
  }

  private static let piece = #"{"reason":"r","lines":[{"sku":"a","quantity":1}]}"#

  /// Places an order of a piece of a, at 1000, with a coupon of a tenth, and pays it.
  private func bought(_ shop: Shop, coupon: String) async throws -> String {
    let placed = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
    #expect(placed.status == 201, "\(placed.text)")
    let id = try #require(try placed.json["data"]?["order_id"]?.string)
    #expect(try await shop.get("/v1/orders/\(id)").status == 200)
    try await shop.charge(900)
    try await shop.settle(id)
    return id
  }

  private func status(of coupon: String, _ shop: Shop) async throws -> JSONValue? {
    try await shop.get("/v1/coupons/\(coupon)").json["data"]?["status"]
  }

  /// Movements that brought pieces back on sale.
  private func returns(_ shop: Shop) async throws -> Int {
    try await shop.api.services.database.query(
      "select count(*) from spillway.stock_movements where kind = 'return'")[0].decode(0)
  }

  @Test
  func `refunded pieces stay off sale where the market says so, and cancelled ones do not`()
    async throws
  {
    try await withGoods(markets: book(RefundReturns(stock: false))) { shop in
      let first = try await shop.bought([("a", 2), ("b", 1)])
      let some = try await shop.undo("refund", first, body: Self.piece)
      #expect(some.status == 200, "\(some.text)")
      #expect(try some.json["data"]?["refunds"]?.array?.last?["restocked"] == false)
      #expect(try await returns(shop) == 0)
      // The rest was never shipped and is not refunded but cancelled.
      let cancelled = try await shop.undo("cancel", first)
      #expect(try cancelled.json["data"]?["status"] == "CANCELLED", "\(cancelled.text)")
      #expect(try cancelled.json["data"]?["refunds"]?.array?.last?["restocked"] == true)
      #expect(try await shop.won() == 2500)
      try await eventually("what was cancelled is on sale again, what was refunded is not") {
        let levels = [try await shop.level("a"), try await shop.level("b")]
        return levels == [[19, 0, 2], [20, 0, 1]]
      }

      let second = try await shop.bought([("a", 3)])
      let all = try await shop.undo("refund", second, "carl:CS_AGENT")
      #expect(try all.json["data"]?["status"] == "REFUNDED", "\(all.text)")
      #expect(try all.json["data"]?["refunds"]?.array?.last?["restocked"] == false)
      let third = try await shop.bought([("a", 1)])
      #expect(try await shop.take(third, to: "REFUNDED").status == 200)
      let shipped = try await shop.bought([("b", 1)])
      try await shop.take(shipped, to: "FULFILLED")
      #expect(try await shop.undo("refund", shipped, "carl:CS_AGENT").status == 200)
      try await eventually("nothing more is on sale") {
        let levels = [try await shop.level("a"), try await shop.level("b")]
        return levels == [[15, 0, 6], [19, 0, 2]]
      }
      #expect(try await returns(shop) == 2)
      #expect(try await shop.won() == 2500 + 3000 + 1000 + 500)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test
  func `a refunded order's coupon stays used where the market says so, a cancelled one's does not`()
    async throws
  {
    try await withGoods(markets: book(RefundReturns(coupon: false))) { shop in
      let campaign = try await shop.campaign(["type": "rate", "value": 10])
      let coupon = try await shop.claimed(campaign)
      let id = try await bought(shop, coupon: coupon)
      let refunded = try await shop.undo("refund", id)
      #expect(try refunded.json["data"]?["status"] == "REFUNDED", "\(refunded.text)")
      #expect(try refunded.json["data"]?["refunds"]?.array?.last?["coupon_id"] == .null)
      #expect(try await status(of: coupon, shop) == "USED")
      let again = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
      #expect(again.status == 409 && again.code == "CONFLICT", "\(again.text)")

      let other = try await shop.claimed(campaign)
      #expect(other != coupon)
      let cancelled = try await shop.undo("cancel", try await bought(shop, coupon: other))
      #expect(
        try cancelled.json["data"]?["refunds"]?.array?.last?["coupon_id"] == .string(other),
        "\(cancelled.text)")
      #expect(try await status(of: other, shop) == "ISSUED")
      // The pieces of both are on sale again.
      try await eventually("they are") { try await shop.level("a") == [20, 0, 2] }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a market that keeps both gives back the money alone`() async throws {
    try await withGoods(markets: book(RefundReturns(stock: false, coupon: false))) { shop in
      let campaign = try await shop.campaign(["type": "rate", "value": 10])
      let coupon = try await shop.claimed(campaign)
      let id = try await bought(shop, coupon: coupon)
      let refunded = try await shop.undo("refund", id, body: Self.piece)
      #expect(try refunded.json["data"]?["status"] == "REFUNDED", "\(refunded.text)")
      #expect(try await shop.won() == 900)
      #expect(try await status(of: coupon, shop) == "USED")
      #expect(try await returns(shop) == 0)
      try await eventually("the piece is sold") { try await shop.level("a") == [19, 0, 1] }
      #expect(try await shop.breaches() == [])
    }
  }
}
