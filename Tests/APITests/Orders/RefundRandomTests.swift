import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// Partial refunds in any order and mixture, over the wire, until nothing is left.
@Suite struct RefundRandomTests {
  /// An order as the test believes it to be.
  private struct Bought {
    let id: String
    let user: String
    let lines: [String: Int]
    let total: Int
    let coupon: String?
    var returned: [String: Int] = [:]
    var refunded = 0

    func left(of sku: String) -> Int { lines[sku]! - returned[sku, default: 0] }
  }

  private static let prices = ["a": 1_000, "b": 333, "c": 7]

  @Test func `whatever goes back in whatever portions, it is all that was paid and no more`()
    async throws
  {
    try await withShop { shop in
      var random = SeededGenerator()
      for (sku, price) in Self.prices { try await shop.stock(sku, 1_000, price: price) }
      let campaign = try await shop.campaign(
        ["type": "rate", "value": .double(12.5)], limit: 100)
      for number in 0..<24 {
        let user = "user\(number)"
        var order = try await buy(
          shop, user, coupon: number % 2 == 0 ? campaign : nil, &random)
        let isShipped = Int.random(in: 0..<3, using: &random) == 0
        if isShipped { try await shop.take(order.id, to: "FULFILLED") }
        try await giveBack(&order, shop, &random)
        try await expectUndone(order, isShipped: isShipped, shop, seed: random.seed)
      }
      #expect(try await shop.breaches() == [], "seed \(random.seed)")
    }
  }

  /// Buys some pieces with a wallet of several lots.
  private func buy(
    _ shop: Shop, _ user: String, coupon campaign: String?, _ random: inout SeededGenerator
  ) async throws -> Bought {
    var lines: [String: Int] = [:]
    for sku in Self.prices.keys.shuffled(using: &random).prefix(
      Int.random(in: 1...3, using: &random))
    {
      lines[sku] = Int.random(in: 1...7, using: &random)
    }
    var coupon: String?
    if let campaign { coupon = try await shop.claimed(campaign, user) }
    let placed = try await shop.order(
      Shop.body(lines.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, coupon: coupon), user)
    let data = try #require(try placed.json["data"], "\(placed.text)")
    let id = try #require(data["order_id"]?.string)
    let total = try #require(data["total"]?["amount"]?.integer)
    let end = WallClock.system.now()
    var left = total
    for lot in 1...3 {
      let part = lot == 3 ? left : Int.random(in: 0...left, using: &random)
      left -= part
      if part > 0 { try await shop.credit(user, part, expiresAt: end + .seconds(3_600 * lot)) }
    }
    let paid = try await shop.pay(id, user)
    #expect(paid.status == 200, "\(paid.text)")
    #expect(try await shop.balance(user) == 0)
    return Bought(id: id, user: user, lines: lines, total: total, coupon: coupon)
  }

  /// Sends refunds until the order is undone; what each may give back is looked at.
  private func giveBack(
    _ order: inout Bought, _ shop: Shop, _ random: inout SeededGenerator
  ) async throws {
    for step in 0..<60 {
      let wish = wish(order, &random, isLast: step == 59)
      let key = "\(order.id)-\(step)"
      let answer = try await shop.undo(
        "refund", order.id, "carl:CS_AGENT", body: wish.body.jsonText, key: key)
      let left = order.total - order.refunded
      #expect([200, 400].contains(answer.status), "seed \(random.seed): \(answer.text)")
      guard answer.status == 200 else {
        // Pieces may be worth more than is left, once money went back without them.
        #expect(
          order.refunded > 0 || (wish.amount ?? 0) > left, "seed \(random.seed): \(answer.text)")
        continue
      }
      let data = try #require(try answer.json["data"])
      let refunded = try #require(data["refunded"]?["amount"]?.integer)
      #expect(refunded >= order.refunded && refunded <= order.total, "seed \(random.seed)")
      if let amount = wish.amount { #expect(refunded == order.refunded + amount) }
      order.refunded = refunded
      for (sku, count) in wish.lines { order.returned[sku, default: 0] += count }
      #expect(try await shop.balance(order.user) == refunded, "seed \(random.seed)")
      if Int.random(in: 0..<3, using: &random) == 0 {
        let again = try await shop.undo(
          "refund", order.id, "carl:CS_AGENT", body: wish.body.jsonText, key: key)
        #expect(again.headers["idempotent-replayed"] == "true" && again.status == 200)
      }
      if data["status"] == "REFUNDED" { return }
    }
    Issue.record("seed \(random.seed): \(order.id) was never undone")
  }

  private struct Wish {
    var body: JSONValue
    var amount: Int?
    var lines: [String: Int] = [:]
  }

  /// Some money, some pieces, or all that is left.
  private func wish(_ order: Bought, _ random: inout SeededGenerator, isLast: Bool) -> Wish {
    let left = order.total - order.refunded
    let pieces = order.lines.keys.sorted().filter { order.left(of: $0) > 0 }
    switch isLast ? 9 : Int.random(in: 0..<10, using: &random) {
    case 0..<3:
      let amount = Int.random(in: 1...max(1, left + left / 8), using: &random)
      return Wish(body: ["reason": "goodwill", "amount": .integer(amount)], amount: amount)
    case 3..<9 where !pieces.isEmpty:
      var wish = Wish(body: [:])
      for sku in pieces.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)) {
        wish.lines[sku] = Int.random(in: 1...order.left(of: sku), using: &random)
      }
      wish.body = [
        "reason": "back",
        "lines": .array(
          wish.lines.sorted { $0.key < $1.key }.map {
            ["sku": .string($0.key), "quantity": .integer($0.value)]
          }),
      ]
      return wish
    default: return Wish(body: ["reason": "all"])
    }
  }

  /// All money is back in the lots that it came from, all pieces that were not shipped are back on sale,
  /// and the coupon is its holder's again.
  private func expectUndone(
    _ order: Bought, isShipped: Bool, _ shop: Shop, seed: UInt64
  ) async throws {
    #expect(order.refunded == order.total, "seed \(seed)")
    let pool = shop.api.services.database
    let lots = try await pool.query(
      """
      select count(*) filter (where l.remaining <> l.amount) from spillway.wallet_lots l
        join spillway.wallet_accounts a using (tenant_id, account_id) where a.owner = $1
      """, [.text(order.user)])
    #expect(try lots[0].decode(0, as: Int.self) == 0, "seed \(seed)")
    let refunds = try await shop.get("/v1/orders/\(order.id)", "carl:CS_AGENT")
      .json["data"]?["refunds"]?.array
    var back: [String: Int] = [:]
    for refund in refunds ?? [] where refund["restocked"] == true {
      for line in refund["lines"]?.array ?? [] {
        back[line["sku"]!.string!, default: 0] += line["quantity"]!.integer!
      }
    }
    #expect(back == (isShipped ? [:] : order.lines), "seed \(seed)")
    if let coupon = order.coupon {
      let held = try await shop.get("/v1/coupons/\(coupon)", "\(order.user):USER")
      #expect(try held.json["data"]?["status"] == "ISSUED", "seed \(seed)")
    }
  }
}
