import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct OrderFactsTests {
  @Test func `orders, what they reserve and the cursor come together, and only once`() async throws
  {
    try await StockBench.run { bench in
      let first = StockBench.Order(lines: [("B", 2, 200), ("A", 1, 100)])
      let second = StockBench.Order(user: "ben", lines: [("A", 3, 100)])
      let facts = bench.facts([first, second])
      #expect(try await bench.apply(facts, from: 0, to: 5) == .applied(new: 2))
      #expect(try await bench.apply(facts, from: 0, to: 5) == .refused)
      #expect(try await bench.apply(facts, as: "two", from: 5, to: 9) == .refused)
      #expect(try await bench.cursor() == 5)
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 10, reserved: 4))
      #expect(try await bench.level(bench.skus[1]) == StockLevel(received: 10, reserved: 2))
      let order = try #require(try await bench.orders.find(first.id, of: bench.tenant))
      #expect(order.lines.map(\.sku.description) == ["B", "A"])
      #expect(order.lines.map(\.amount) == [400, 100])
      #expect(order.subtotal == 500 && order.total == 500 && order.status == .pending)
      #expect(order.user == "ann" && order.market == bench.market && order.scope == .open)
      #expect(order.createdAt.milliseconds == StockBench.now)
      #expect(order.reservedUntil.milliseconds == StockBench.now + 600_000)
      #expect(order.cancelledAt == nil && order.reason == nil)
    }
  }

  @Test func `orders that are in the ledger already change nothing when they come again`()
    async throws
  {
    try await StockBench.run { bench in
      let known = [
        StockBench.Order(lines: [("A", 1, 100), ("B", 1, 200)]),
        StockBench.Order(user: "ben", lines: [("A", 2, 100)]),
      ]
      _ = try await bench.apply(bench.facts(known), from: 0, to: 5)
      // One is cancelled since: that it comes again does not bring it back.
      _ = try await bench.orders.cancel(
        known[1].id, of: bench.tenant, user: nil, reason: "changed my mind")
      let again = bench.facts(known + [StockBench.Order(user: "cat", lines: [("A", 4, 100)])])
      #expect(try await bench.apply(again, from: 5, to: 6) == .applied(new: 1))
      #expect(try await bench.level(bench.skus[0]).reserved == 5)
      #expect(try await bench.level(bench.skus[1]).reserved == 1)
      #expect(try await bench.count("orders") == 3)
      #expect(try await bench.count("order_lines") == 4)
      #expect(try await bench.apply(bench.facts(known), from: 6, to: 7) == .applied(new: 0))
      #expect(try await bench.cursor() == 7)
    }
  }

  @Test(arguments: [
    "another user", "another deadline", "another line", "another scope", "other terms",
    "more than there is", "unknown stock",
  ])
  func `a contradiction takes none of the batch`(kind: String) async throws {
    try await StockBench.run { bench in
      let known = StockBench.Order(lines: [("A", 6, 100)])
      _ = try await bench.apply(bench.facts([known]), from: 0, to: 5)
      var wrong = known
      switch kind {
      case "another user": wrong.user = "eve"
      case "another deadline": wrong.deadline += 1
      case "other terms": wrong.terms = "t=1"
      case "another line": wrong.lines = [("B", 3, 200)]
      case "another scope": wrong.scope = .sale(.random)
      case "more than there is": wrong = StockBench.Order(user: "eve", lines: [("A", 5, 100)])
      default: wrong = StockBench.Order(user: "eve", lines: [("Z", 1, 100)])
      }
      let batch = bench.facts([StockBench.Order(user: "cat", lines: [("B", 1, 200)]), wrong])
      let error = await #expect(throws: PostgresError.self) {
        _ = try await bench.apply(batch, from: 5, to: 9)
      }
      #expect(error?.sqlState?.hasPrefix("23") == true)
      #expect(error.map { "\($0)".contains("Failing row") || "\($0)".contains("eve") } == false)
      #expect(try await bench.cursor() == 5)
      #expect(try await bench.count("orders") == 1)
      #expect(try await bench.level(bench.skus[1]).reserved == 0)
    }
  }

  @Test func `coupons and orders of one run move the cursor once`() async throws {
    try await StockBench.run { bench in
      let campaign = Campaign(
        id: .random, tenant: bench.tenant, cell: bench.cell, name: "Sale",
        terms: CampaignTerms(
          quantity: 5, perUserLimit: 1, opensAt: Instant(milliseconds: 0), closesAt: .latest),
        discount: .amount(1000, currency: "KRW"), eligibility: Eligibility(),
        acknowledgement: .hot, expiresAt: nil, version: 1)
      _ = try await CampaignStore(pool: bench.pool).insert(campaign, by: bench.user)
      var coupons = CouponFacts()
      "ann".withBytes { user in
        coupons.append(
          campaign: campaign.id, sequence: 1, user: user, ordinal: 1,
          issuedAt: Instant(milliseconds: StockBench.now), record: nil)
      }
      let order = StockBench.Order(lines: [("A", 1, 100)])
      #expect(
        try await bench.apply(bench.facts([order]), coupons: coupons, from: 0, to: 5)
          == .applied(new: 2))
      #expect(try await bench.count("coupons") == 1)
      // Nothing of it is taken when a part contradicts.
      let wrong = bench.facts([StockBench.Order(lines: [("A", 100, 100)])])
      var second = CouponFacts()
      "ben".withBytes { user in
        second.append(
          campaign: campaign.id, sequence: 2, user: user, ordinal: 1,
          issuedAt: Instant(milliseconds: StockBench.now), record: nil)
      }
      await #expect(throws: PostgresError.self) {
        _ = try await bench.apply(wrong, coupons: second, from: 5, to: 6)
      }
      #expect(try await bench.count("coupons") == 1)
      #expect(try await bench.cursor() == 5)
    }
  }
}
