import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// Goods that cost points: ordered, paid from the wallet of points and given back, over real sockets and
/// servers.
@Suite struct PointPurchaseTests {
  /// Rules that ask for money, in two ways.
  private static var markets: MarketBook {
    var book = MarketBook(roundings: [.won: .halfEven])
    _ = book.add(
      MarketRules(
        market: Market("KR")!, currency: .won, taxBasisPoints: 1_000, taxIncluded: true,
        shippingFee: 3_000, selfServiceRefunds: .amounts, electronicReceipt: true,
        rounding: .halfEven), of: nil)
    _ = book.add(
      MarketRules(
        market: Market("US")!, currency: .dollar, taxBasisPoints: 825, shippingFee: 599), of: nil)
    return book
  }

  private static func points(_ amount: Int) -> JSONValue {
    ["amount": .integer(amount), "currency": "POINT"]
  }

  private static let nothing = points(0)

  /// What is left of each lot of points, the first one first.
  private static func lots(_ shop: Shop) async throws -> [Int] {
    let rows = try await shop.api.services.database.query(
      """
      select l.remaining from spillway.wallet_lots l
        join spillway.wallet_accounts a using (account_id, tenant_id)
       where a.unit = 'POINT' order by l.lot_id
      """)
    return try rows.map { row in try row.decode(0, as: Int.self) }
  }

  /// Stock for 250 points a piece, and a wallet of two lots of points beside one of money.
  private static func open(_ shop: Shop) async throws {
    try await shop.stock("a", 10, price: 250, currency: "POINT")
    try await shop.credit(
      "bob", 300, "POINT", expiresAt: WallClock.system.now() + .seconds(3_600))
    try await shop.credit("bob", 400, "POINT")
    try await shop.credit("bob", 50_000)
  }

  @Test func `goods are bought with points, without tax and shipping, and told so everywhere`()
    async throws
  {
    try await withShop(markets: Self.markets) { shop in
      try await Self.open(shop)
      let body = Shop.body([("a", 2)])
      let placed = try await shop.order(body, key: "k")
      #expect(placed.status == 201, "\(placed.text)")
      let order = try #require(try placed.json["data"])
      #expect(order["lines"]?.array?.first?["unit_price"] == Self.points(250))
      #expect(order["subtotal"] == Self.points(500) && order["total"] == Self.points(500))
      for name in ["discount", "tax", "included_tax", "shipping"] {
        #expect(order[name] == Self.nothing, "\(name)")
      }
      let replay = try await shop.order(body, key: "k")
      #expect(replay.headers["idempotent-replayed"] == "true")
      #expect(try replay.json["data"] == order)
      let id = try #require(order["order_id"]?.string)

      let paid = try await shop.pay(id, key: "p")
      #expect(paid.status == 200, "\(paid.text)")
      #expect(try paid.json["data"]?["balance_after"] == Self.points(200))
      let again = try await shop.pay(id, key: "p")
      #expect(again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"] == paid.json["data"])
      // What expires first was spent first.
      #expect(try await Self.lots(shop) == [0, 200])
      #expect(try await shop.balance("bob") == 50_000)

      try await OrderTotalsRoutesTests.expectRecorded(order, in: shop)
      let detail = try await shop.get("/v1/orders/\(id)").json["data"]
      #expect(detail?["status"] == "PAID")
      #expect(detail?["payment"]?["amount"] == Self.points(500))
      let history = try await shop.get("/v1/orders").json["data"]?.array
      #expect(history?.map { $0["total"] } == [Self.points(500)])
      let entries = try await shop.get("/v1/wallet/transactions?currency=POINT").json["data"]
      #expect(entries?.array?.first?["amount"] == Self.points(-500))
      #expect(entries?.array?.first?["ref_id"] == .string(id))
      let receipt = try await shop.get("/v1/orders/\(id)/receipt").json["data"]
      #expect(receipt?["included_tax"] == Self.nothing)
      #expect(receipt?["text"]?.string?.contains("Total: 500 points") == true)
      try await eventually("the goods are sold") { try await shop.level("a") == [8, 0, 2] }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `what goes back by piece, by points and in whole comes to the lots it was drawn from`()
    async throws
  {
    try await withShop(markets: Self.markets) { shop in
      try await Self.open(shop)
      let id = try await shop.reserve([("a", 2)])
      #expect(try await shop.pay(id).status == 200)
      let piece = #"{"reason":"scratch","lines":[{"sku":"a","quantity":1}]}"#
      let partly = try await shop.undo("refund", id, body: piece)
      #expect(partly.status == 200, "\(partly.text)")
      #expect(try partly.json["data"]?["refunded"] == Self.points(250))
      // First to the lot that lasts longest.
      #expect(try await Self.lots(shop) == [50, 400])
      for (amount, field) in [
        (#"{"amount":10,"currency":"KRW"}"#, "amount.currency"),
        (#"{"amount":251,"currency":"POINT"}"#, "amount"),
      ] {
        let refused = try await shop.undo(
          "refund", id, body: #"{"reason":"late","amount":\#(amount)}"#)
        #expect(refused.status == 400 && refused.field == field, "\(refused.text)")
      }
      let some = try await shop.undo(
        "refund", id, body: #"{"reason":"late","amount":{"amount":100,"currency":"POINT"}}"#)
      #expect(some.status == 200, "\(some.text)")
      #expect(try await Self.lots(shop) == [150, 400])
      let rest = try await shop.undo("refund", id)
      #expect(try rest.json["data"]?["status"] == "REFUNDED", "\(rest.text)")
      #expect(try rest.json["data"]?["refunded"] == Self.points(500))
      #expect(try await Self.lots(shop) == [300, 400])
      #expect(try await shop.balance("bob", "POINT") == 700)
      #expect(try await shop.balance("bob") == 50_000)
      try await eventually("the pieces are on sale again") {
        try await shop.level("a") == [10, 0, 2]
      }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test
  func `too few points are refused though there is money, and too little money though points`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 250, currency: "POINT")
      try await shop.stock("b", 5, price: 250)
      try await shop.credit("bob", 249, "POINT")
      try await shop.credit("bob", 1_000_000)
      try await shop.credit("bob", 1_000_000, "USD")
      let order = try await shop.reserve([("a", 1)])
      let refused = try await shop.pay(order)
      #expect(refused.status == 402 && refused.code == "INSUFFICIENT_FUNDS", "\(refused.text)")
      #expect(
        try refused.json["error"]?["details"]
          == ["balance": Self.points(249), "needed": Self.points(250)])
      try await shop.credit("eve", 1_000_000, "POINT")
      let hers = try await shop.reserve([("b", 1)], "eve")
      #expect(try await shop.pay(hers, "eve").status == 402)
      try await shop.credit("bob", 1, "POINT")
      #expect(try await shop.pay(order).status == 200)
      #expect(try await shop.balance("bob", "POINT") == 0)
      #expect(try await shop.balance("bob") == 1_000_000)
      #expect(try await shop.balance("eve", "POINT") == 1_000_000)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a coupon of money is refused for points; one of points, or a rate, is taken`()
    async throws
  {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("a", 10, price: 255, currency: "POINT")
      try await shop.stock("b", 10, price: 255)
      func placed(_ sku: String, _ discount: JSONValue) async throws -> HTTPTestResponse {
        let coupon = try await shop.claimed(try await shop.campaign(discount))
        return try await shop.order(Shop.body([(sku, 1)], coupon: coupon))
      }
      let money: [JSONValue] = [
        ["type": "amount", "value": 100, "currency": "KRW"],
        ["type": "rate", "value": 10, "max": 100, "currency": "KRW"],
      ]
      for discount in money {
        let refused = try await placed("a", discount)
        #expect(refused.status == 403 && refused.code == "NOT_ELIGIBLE", "\(refused.text)")
        let details = try refused.json["error"]?["details"]
        #expect(details?["reason"] == "currency" && details?["field"] == "coupon_id")
      }
      let amount: JSONValue = ["type": "amount", "value": 55, "currency": "POINT"]
      #expect(try await placed("b", amount).status == 403)
      let taken = try await placed("a", amount)
      #expect(taken.status == 201, "\(taken.text)")
      #expect(try taken.json["data"]?["total"] == Self.points(200))
      // Half up, as points are rounded, and not half even, as the market's money is.
      let rate = try await placed("a", ["type": "rate", "value": 50])
      #expect(rate.status == 201, "\(rate.text)")
      let order = try #require(try rate.json["data"])
      #expect(order["discount"] == Self.points(128) && order["total"] == Self.points(127))
      try await OrderTotalsRoutesTests.expectRecorded(order, in: shop)
      try await shop.credit("bob", 127, "POINT")
      let id = try #require(order["order_id"]?.string)
      #expect(try await shop.pay(id).status == 200)
      #expect(try await shop.undo("cancel", id).status == 200)
      #expect(try await shop.balance("bob", "POINT") == 127)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `points and money make no order together, and no cart`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 250, currency: "POINT")
      try await shop.stock("b", 5)
      let mixed = try await shop.order(Shop.body([("a", 1), ("b", 1)]))
      #expect(mixed.status == 400 && mixed.field == "lines", "\(mixed.text)")
      func put(_ sku: String) async throws -> HTTPTestResponse {
        try await shop.api.ask(
          "PUT", "/v1/cart/items/\(sku)", token: "shop:bob:USER", body: #"{"quantity":2}"#)
      }
      let cart = try await put("a")
      #expect(cart.status == 200, "\(cart.text)")
      let data = try cart.json["data"]
      #expect(data?["total"] == Self.points(500) && data?["orderable"] == true)
      #expect(data?["items"]?.array?.first?["unit_price"] == Self.points(250))
      let refused = try await put("b")
      #expect(refused.status == 400 && refused.field == "sku", "\(refused.text)")
    }
  }

  @Test func `a sale may be in points, of what costs money otherwise`() async throws {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("a", 10, price: 9_000)
      let sale = try await shop.sale(["a": 3], price: 700, currency: "POINT", limit: 2)
      try await shop.credit("bob", 1_500, "POINT")
      let id = try await shop.reserve([("a", 2)], sale: sale)
      let paid = try await shop.pay(id)
      #expect(try paid.json["data"]?["balance_after"] == Self.points(100), "\(paid.text)")
      #expect(try await shop.undo("cancel", id).status == 200)
      #expect(try await shop.balance("bob", "POINT") == 1_500)
      // Unpaid, it costs nothing to leave it.
      let other = try await shop.reserve([("a", 1)], "eve", sale: sale)
      #expect(try await shop.undo("cancel", other, "eve:USER").status == 200)
      let open = try await shop.order(Shop.body([("a", 1)]))
      #expect(try open.json["data"]?["subtotal"] == ["amount": 9_000, "currency": "KRW"])
      try await eventually("the pieces are on sale again") {
        try await shop.level("a", sale: sale) == [3, 0, 2]
      }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `tax that comes on top of money comes not on top of points`() async throws {
    try await withShop(markets: Self.markets) { shop in
      try await shop.stock("u", 5, price: 1_999, currency: "POINT", market: "US")
      let placed = try await shop.order(#"{"lines":[{"sku":"u","quantity":1}],"market":"US"}"#)
      let order = try #require(try placed.json["data"], "\(placed.text)")
      #expect(order["tax"] == Self.nothing && order["shipping"] == Self.nothing)
      #expect(order["total"] == Self.points(1_999))
      try await OrderTotalsRoutesTests.expectRecorded(order, in: shop)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `messages tell of points in the words of their reader`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 1_250, currency: "POINT")
      try await shop.credit("bob", 3_000, "POINT")
      let id = try await shop.reserve([("a", 1)])
      #expect(try await shop.pay(id).status == 200)
      #expect(try await shop.undo("refund", id).status == 200)
      func told(_ kind: String, _ language: String) async throws -> String {
        let answer = try await shop.api.ask(
          "GET", "/v1/notifications", token: "shop:bob:USER",
          headers: [("Accept-Language", language)])
        let all = try #require(try answer.json["data"]?.array, "\(answer.text)")
        return try #require(all.first { $0["kind"]?.string == kind }?["body"]?.string)
      }
      #expect(try await told("order.refunded", "en").hasPrefix("1,250 points for order \(id)"))
      #expect(try await told("order.refunded", "ko").contains("1,250포인트"))
      let approved = try await told("payment.approved", "ko")
      #expect(approved.hasSuffix("결제 금액: 1,250포인트, 잔액: 1,750포인트."), "\(approved)")
      #expect(try await told("payment.approved", "en").contains("1,250 points"))
    }
  }
}
