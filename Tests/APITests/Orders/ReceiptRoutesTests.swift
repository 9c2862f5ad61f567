import Domain
import Ledger
import TestSupport
import Testing

@testable import API

@Suite struct ReceiptRoutesTests {
  private static var markets: MarketBook {
    var book = MarketBook()
    _ = book.add(
      MarketRules(
        market: Market("KR")!, currency: .won, taxBasisPoints: 1_000, taxIncluded: true,
        returnDays: 7, electronicReceipt: true, utcOffset: 540), of: nil)
    _ = book.add(MarketRules(market: Market("US")!, currency: .dollar), of: nil)
    return book
  }

  @Test func `a paid order has a receipt in the language of its reader`() async throws {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("a", 10, price: 11_000)
      let placed = try await shop.order(Shop.body([("a", 1)]))
      let id = try #require(try placed.json["data"]?["order_id"]?.string)
      let path = "/v1/orders/\(id)/receipt"
      let early = try await shop.get(path)
      #expect(early.status == 409, "\(early.text)")
      #expect(early.code == "ORDER_STATE_CONFLICT")
      let store = OrderStore(pool: shop.api.services.database)
      let paid = try await store.markPaid([try #require(Identifier(id))], of: TenantID("shop")!)
      #expect(paid.count == 1)

      let receipt = try await shop.api.ask(
        "GET", path, token: "shop:bob:USER", headers: [("Accept-Language", "ko")])
      #expect(receipt.status == 200, "\(receipt.text)")
      let data = try #require(try receipt.json["data"])
      #expect(data["seller"] == "shop")
      #expect(data["included_tax"] == ["amount": 1_000, "currency": "KRW"])
      #expect(data["text"]?.string?.contains("합계: 11,000원") == true)
      let paidAt = try #require(data["paid_at"]?.string.flatMap { Instant($0) })
      #expect(data["returnable_until"] == "\(paidAt + .seconds(7 * 86_400))")
      let english = try await shop.get(path)
      #expect(try english.json["data"]?["text"]?.string?.contains("Total: ₩11,000") == true)
      #expect(try await shop.get(path, "eve:USER").status == 404)
      #expect(try await shop.get(path, "cas:CS_AGENT").status == 200)
    }
  }

  @Test func `a market without electronic receipts has none`() async throws {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("u", 10, price: 500, currency: "USD", market: "US")
      let placed = try await shop.order(
        #"{"lines":[{"sku":"u","quantity":1}],"market":"US"}"#)
      let id = try #require(try placed.json["data"]?["order_id"]?.string)
      #expect(try await shop.get("/v1/orders/\(id)").status == 200)
      #expect(try await shop.get("/v1/orders/\(id)/receipt").status == 404)
    }
  }
}
