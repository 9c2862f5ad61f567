import Domain
import Services
import TestSupport
import Testing

@testable import API

/// What orders come to by the rules of their market, over real sockets and into the ledger.
@Suite struct OrderTotalsRoutesTests {
  private static var markets: MarketBook {
    var book = MarketBook()
    _ = book.add(
      MarketRules(
        market: Market("KR")!, currency: .won, taxBasisPoints: 1_000, taxIncluded: true,
        shippingFee: 3_000, freeShippingFrom: 50_000), of: TenantID("shop")!)
    _ = book.add(
      MarketRules(
        market: Market("US")!, currency: .dollar, taxBasisPoints: 825, shippingFee: 599,
        rounding: .halfEven), of: nil)
    return book
  }

  static func won(_ amount: Int) -> JSONValue {
    ["amount": .integer(amount), "currency": "KRW"]
  }

  private static func dollars(_ amount: Int) -> JSONValue {
    ["amount": .integer(amount), "currency": "USD"]
  }

  /// The members that say what an order comes to.
  static let sums = ["subtotal", "discount", "tax", "included_tax", "shipping", "total"]

  /// Reads the order from the ledger and expects what it was answered with.
  static func expectRecorded(_ order: JSONValue, in shop: Shop) async throws {
    let id = try #require(order["order_id"]?.string)
    let read = try await shop.get("/v1/orders/\(id)")
    #expect(read.status == 200, "\(read.text)")
    let recorded = try read.json["data"]
    for name in sums + ["coupon_id"] { #expect(recorded?[name] == order[name], "\(name)") }
  }

  static func expectSound(_ shop: Shop) async throws {
    let node = shop.api.services
    let report = try await Audit(redis: node.redis, pool: node.database).run()
    #expect(report.breaches.isEmpty, "\(report.breaches)")
  }

  @Test func `tax and shipping are the market's, in the answer, its replay and the ledger`()
    async throws
  {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("a", 10, price: 11_000)
      try await shop.stock("u", 10, price: 1_999, currency: "USD", market: "US")
      let body = Shop.body([("a", 2)])
      let placed = try await shop.order(body, key: "k")
      #expect(placed.status == 201, "\(placed.text)")
      let order = try #require(try placed.json["data"])
      #expect(order["subtotal"] == Self.won(22_000))
      #expect(order["tax"] == Self.won(0))
      #expect(order["included_tax"] == Self.won(2_000))
      #expect(order["shipping"] == Self.won(3_000))
      #expect(order["total"] == Self.won(25_000))
      #expect(order["coupon_id"] == .null)
      try await Self.expectRecorded(order, in: shop)
      let replay = try await shop.order(body, key: "k")
      #expect(replay.headers["idempotent-replayed"] == "true")
      #expect(try replay.json["data"] == order)

      let free = try await shop.order(Shop.body([("a", 5)]))
      #expect(try free.json["data"]?["shipping"] == Self.won(0))
      let american = try await shop.order(
        #"{"lines":[{"sku":"u","quantity":1}],"market":"US"}"#)
      #expect(american.status == 201, "\(american.text)")
      let dollars = try #require(try american.json["data"])
      // 19.99 · 8.25 % = 1.649175
      #expect(dollars["tax"] == Self.dollars(165))
      #expect(dollars["total"] == Self.dollars(1_999 + 165 + 599))
      try await Self.expectRecorded(dollars, in: shop)

      let sale = try await shop.sale(["a": 2], price: 9_000)
      let sold = try await shop.order(Shop.body([("a", 1)], sale: sale))
      #expect(try sold.json["data"]?["total"] == Self.won(12_000))
      try await Self.expectSound(shop)
    }
  }

  @Test func `an order carries the rules that it was placed under`() async throws {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("a", 10, price: 11_000)
      let placed = try await shop.order(Shop.body([("a", 1)]))
      let id = try #require(try placed.json["data"]?["order_id"]?.string)
      #expect(try await shop.get("/v1/orders/\(id)").status == 200)
      let rows = try await shop.api.services.database.query("select terms from spillway.orders", [])
      #expect(try rows[0].decode(0, as: String.self) == "T1000i;S3000:50000:KRW;Rh")
    }
  }
}
