import Domain
import HotPath
import Postgres
import Redis
import Services
import TestSupport
import Testing

@testable import API

/// Orders with coupons, from the claim to the ledger.
@Suite struct OrderCouponTests {
  private typealias Totals = OrderTotalsRoutesTests

  private static let rate: JSONValue = ["type": "rate", "value": 10, "max": 5_000]

  /// Makes a campaign that is open and returns its id.
  private func campaign(
    _ shop: Shop, _ discount: JSONValue = rate, eligibility: JSONValue = [:]
  ) async throws -> String {
    try await shop.campaign(discount, eligibility: eligibility)
  }

  /// Claims a coupon and returns its id at once: the ledger may not have it yet.
  private func claim(
    _ shop: Shop, _ campaign: String, _ user: String = "bob"
  ) async throws -> String {
    try await shop.claimed(campaign, user)
  }

  private func product(of sku: String, _ shop: Shop) async throws -> JSONValue {
    let unit = try await shop.manage("GET", "/v1/admin/skus/\(sku)", status: 200)
    return try #require(unit["product_id"])
  }

  private func details(_ response: HTTPTestResponse) throws -> JSONValue? {
    try response.json["error"]?["details"]
  }

  @Test func `a coupon takes its share off, in the answer, its replay and the ledger`() async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let coupon = try await claim(shop, try await campaign(shop))
      let body = Shop.body([("a", 1)], coupon: coupon)
      let placed = try await shop.order(body, key: "k")
      #expect(placed.status == 201, "\(placed.text)")
      let order = try #require(try placed.json["data"])
      #expect(order["coupon_id"] == .string(coupon))
      #expect(order["discount"] == Totals.won(3_000))
      #expect(order["total"] == Totals.won(27_000))
      try await Totals.expectRecorded(order, in: shop)
      let replay = try await shop.order(body, key: "k")
      #expect(replay.headers["idempotent-replayed"] == "true")
      #expect(try replay.json["data"] == order)
      // The same goods without the coupon, or with another one, are another request.
      #expect(try await shop.order(Shop.body([("a", 1)]), key: "k").status == 422)
      // The cap.
      let two = try await shop.order(Shop.body([("a", 2)], coupon: coupon))
      #expect(try two.json["data"]?["discount"] == Totals.won(5_000))
      try await Totals.expectSound(shop)
    }
  }

  @Test func `a coupon that was used, withdrawn or is over is refused, but not its replay`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 100, price: 30_000)
      let made = try await campaign(shop)
      let database = shop.api.services.database
      for (status, assignment, code) in [
        ("used", "status = 'USED', used_by_order = gen_random_uuid(), used_at = now()", 409),
        ("recalled", "status = 'RECALLED', recalled_at = now()", 410),
      ] {
        let user = "user-\(status)"
        let coupon = try await claim(shop, made, user)
        let body = Shop.body([("a", 1)], coupon: coupon)
        let placed = try await shop.order(body, user, key: status)
        #expect(placed.status == 201, "\(placed.text)")
        try await eventually {
          let rows = try await database.query(
            Statement(
              unprepared:
                "update spillway.coupons set \(assignment) where user_id = $1 returning 1"),
            [.text(user)])
          return rows.count == 1
        }
        let late = try await shop.order(body, user)
        #expect(late.status == code, "\(late.text)")
        #expect(try details(late)?["field"] == "coupon_id")
        #expect(try details(late)?["reason"] == .string(status))
        let replay = try await shop.order(body, user, key: status)
        #expect(replay.status == 201, "\(replay.text)")
        #expect(replay.headers["idempotent-replayed"] == "true")
        #expect(try replay.json["data"] == placed.json["data"])
        let reuse = try await shop.order(
          Shop.body([("a", 2)], coupon: coupon), user, key: status)
        #expect(reuse.status == 422)
      }
      let end = WallClock.system.now() - .seconds(1)
      let ending = try await campaign(shop)
      let over = try await claim(shop, ending)
      try await shop.manage(
        "PATCH", "/v1/admin/campaigns/\(ending)", ["expires_at": "\(end)"], status: 200)
      let expired = try await shop.order(Shop.body([("a", 1)], coupon: over))
      #expect(expired.status == 410)
      #expect(expired.code == "EXPIRED")
      #expect(try details(expired)?["expired_at"] == "\(end)")
      #expect(try await shop.level("a") == [98, 2, 0])
    }
  }

  @Test func `a repeat is not refused for its coupon while the first answer may be lost`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let made = try await campaign(shop)
      let coupon = try await claim(shop, made)
      let body = Shop.body([("a", 1)], coupon: coupon)
      let placed = try await shop.order(body, key: "k")
      #expect(placed.status == 201, "\(placed.text)")
      try await shop.recorded(1, of: made)
      #expect(try await shop.recall(made, coupon: coupon).status == 200)
      let order = try #require(try placed.json["data"])
      try await Totals.expectRecorded(order, in: shop)
      // Nobody opens the cell again before the test says so.
      await shop.daemon.stop()
      let lease = CellKeys(CellName("shop.kr")!).lease
      _ = try await shop.api.services.redis.client(for: lease).send(RedisCommand("FLUSHALL"))
      for key in ["k", "another"] {
        let refused = try await shop.order(body, key: key)
        #expect(refused.status == 503, "\(refused.text)")
      }
      let other = try shop.startReconciler()
      let replay = try await eventually(within: .seconds(30), "the cell is rebuilt") {
        let answer = try await shop.order(body, key: "k")
        return answer.status == 503 ? nil : answer
      }
      #expect(replay.status == 201, "\(replay.text)")
      #expect(try replay.json["data"] == order)
      #expect(try await shop.order(body, key: "another").status == 410)
      await other.stop()
    }
  }

  @Test func `no coupon is refused by the word of a server that was cut off`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let made = try await campaign(shop)
      let coupon = try await claim(shop, made)
      try await shop.recorded(1, of: made)
      #expect(try await shop.recall(made, coupon: coupon).status == 200)
      let body = Shop.body([("a", 1)], coupon: coupon)
      #expect(try await shop.order(body, key: "k").status == 410)
      await shop.daemon.stop()
      // The ledger vouches for another server from now on, and that one may have answered.
      _ = try await shop.api.services.database.query("update spillway.cells set epoch = epoch + 1")
      let refused = try await shop.order(body, key: "k")
      #expect(refused.status == 503, "\(refused.text)")
    }
  }

  @Test func `a coupon is for the goods, sums, currencies and markets of its campaign`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 100, price: 30_000)
      try await shop.stock("b", 100, price: 1_000)
      let product = try await product(of: "a", shop)
      func refused(
        _ lines: [(String, Int)], _ eligibility: JSONValue, _ discount: JSONValue = Self.rate
      ) async throws -> JSONValue? {
        let made = try await campaign(shop, discount, eligibility: eligibility)
        let coupon = try await claim(shop, made)
        let response = try await shop.order(Shop.body(lines, coupon: coupon))
        #expect(response.status == 403, "\(response.text)")
        #expect(response.code == "NOT_ELIGIBLE")
        return try details(response)
      }
      #expect(try await refused([("b", 1)], ["products": [product]])?["reason"] == "goods")
      let minimum = try await refused([("a", 1)], ["min_subtotal": 30_001])
      #expect(minimum?["min_subtotal"] == Totals.won(30_001))
      #expect(minimum?["explanation"] == "This coupon is for orders of ₩30,001 or more.")
      let currency = try await refused(
        [("a", 1)], [:], ["type": "amount", "value": 500, "currency": "USD"])
      #expect(currency?["reason"] == "currency")

      try await shop.manage(
        "POST", "/v1/admin/categories", ["slug": "sport", "names": ["en": "Sport"]])
      try await shop.manage(
        "POST", "/v1/admin/categories",
        ["slug": "running", "parent": "sport", "names": ["en": "Running"]])
      #expect(
        try await refused([("a", 1)], ["categories": ["sport"]])?["reason"] == "goods")
      try await shop.manage(
        "PATCH", "/v1/admin/products/\(try #require(product.string))",
        ["categories": ["running"]], status: 200)
      let sport = try await claim(
        shop, try await campaign(shop, eligibility: ["categories": ["sport"]]))
      let sportive = try await shop.order(Shop.body([("b", 1), ("a", 1)], coupon: sport))
      #expect(try sportive.json["data"]?["discount"] == Totals.won(3_000), "\(sportive.text)")

      let shoes = try await campaign(
        shop, ["type": "rate", "value": 50], eligibility: ["products": [product]])
      let coupon = try await claim(shop, shoes)
      let mixed = try await shop.order(Shop.body([("b", 1), ("a", 1)], coupon: coupon))
      #expect(mixed.status == 201, "\(mixed.text)")
      #expect(try mixed.json["data"]?["discount"] == Totals.won(15_000))
      try await Totals.expectRecorded(try #require(try mixed.json["data"]), in: shop)
      // All that is left to pay may be nothing.
      let gift = try await claim(
        shop, try await campaign(shop, ["type": "amount", "value": 50_000, "currency": "KRW"]))
      let free = try await shop.order(Shop.body([("b", 2)], coupon: gift))
      #expect(try free.json["data"]?["total"] == Totals.won(0))
      try await Totals.expectSound(shop)
    }
  }

  @Test func `somebody else's coupon does not exist`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let coupon = try await claim(shop, try await campaign(shop))
      for foreign in [
        coupon, "0195d2e0-0000-7000-8000-000000000000", "0195d2e0-0000-4000-8000-000000000000",
      ] {
        let response = try await shop.order(Shop.body([("a", 1)], coupon: foreign), "eve")
        #expect(response.status == 404, "\(response.text)")
        #expect(try details(response)?["field"] == "coupon_id")
      }
      #expect(try await shop.order(Shop.body([("a", 1)], coupon: "x")).field == "coupon_id")
      #expect(try await shop.level("a") == [10, 0, 0])
    }
  }

  @Test func `a coupon that stays on its way is asked for again`() async throws {
    try await withShop(deadline: .seconds(5)) { shop in
      try await shop.stock("a", 10)
      let made = try await campaign(shop)
      _ = try await claim(shop, made)
      await shop.daemon.stop()
      let coupon = try await claim(shop, made, "eve")
      let response = try await shop.order(Shop.body([("a", 1)], coupon: coupon), "eve")
      #expect(response.status == 503, "\(response.text)")
      #expect(response.headers["retry-after"] != nil)
    }
  }

  @Test func `a refusal is explained in the client's language`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let coupon = try await claim(
        shop, try await campaign(shop, eligibility: ["min_subtotal": 50_000]))
      let response = try await shop.api.ask(
        "POST", "/v1/orders", token: "shop:bob:USER",
        headers: [("X-Idempotency-Key", "k"), ("Accept-Language", "ko")],
        body: Shop.body([("a", 1)], coupon: coupon))
      #expect(
        try details(response)?["explanation"]
          == "50,000원 이상 주문에 사용할 수 있는 쿠폰입니다.")
    }
  }
}
