import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// What orders come to, on its way into the ledger.
@Suite struct PricedOrderTests {
  private static let coupon = Identifier("01900000-0000-7000-8000-000000000001")!
  private static let campaign = Identifier("01900000-0000-7000-8000-000000000002")!
  private static let withCoupon = "T1000;S50:1000:KRW;Rh;C\(coupon):\(campaign);Dr5000::;L1"

  /// Subtotal, discount, tax, shipping and total of an order.
  private func sums(_ id: Identifier, _ bench: StockBench) async throws -> [Int] {
    let order = try #require(try await bench.orders.find(id, of: bench.tenant))
    #expect(order.hasRightTotals)
    return [order.subtotal, order.discount, order.tax, order.shipping, order.total]
  }

  @Test func `orders with terms and without come together with what they come to`() async throws {
    try await StockBench.run { bench in
      let plain = StockBench.Order(lines: [("A", 1, 100)])
      let coupon = StockBench.Order(
        lines: [("B", 2, 200), ("A", 1, 100)], terms: Self.withCoupon)
      let taxed = StockBench.Order(lines: [("A", 1, 100)], terms: "T1000;Rh")
      let facts = bench.facts([plain, coupon, taxed])
      #expect(try await bench.apply(facts, from: 0, to: 5) == .applied(new: 3))
      #expect(try await sums(plain.id, bench) == [100, 0, 0, 0, 100])
      #expect(try await sums(coupon.id, bench) == [500, 200, 30, 50, 380])
      #expect(try await sums(taxed.id, bench) == [100, 0, 10, 0, 110])
      let record = try #require(try await bench.orders.find(coupon.id, of: bench.tenant))
      #expect(record.coupon == Self.coupon && record.campaign == Self.campaign)
    }
  }

  @Test func `orders that come again with new ones come to the same`() async throws {
    try await StockBench.run { bench in
      let first = [
        StockBench.Order(lines: [("A", 1, 100)]),
        StockBench.Order(lines: [("B", 1, 200)], terms: Self.withCoupon),
      ]
      _ = try await bench.apply(bench.facts(first), from: 0, to: 5)
      let second = StockBench.Order(lines: [("A", 2, 100)], terms: Self.withCoupon)
      let again = bench.facts(first + [second])
      #expect(try await bench.apply(again, from: 5, to: 6) == .applied(new: 1))
      #expect(try await sums(first[0].id, bench) == [100, 0, 0, 0, 100])
      #expect(try await sums(first[1].id, bench) == [200, 100, 10, 50, 160])
      #expect(try await sums(second.id, bench) == [200, 100, 10, 50, 160])
      #expect(try await LedgerAudit(pool: bench.pool).mispricedOrders() == (wrong: 0, priced: 2))
    }
  }

  @Test func `an order that comes to something else is found`() async throws {
    try await StockBench.run { bench in
      let orders = [
        StockBench.Order(lines: [("A", 1, 100)]),
        StockBench.Order(lines: [("B", 1, 200)], terms: Self.withCoupon),
      ]
      _ = try await bench.apply(bench.facts(orders), from: 0, to: 5)
      for order in orders {
        _ = try await bench.pool.query(
          "update spillway.orders set discount = discount + 1, total = total - 1 where order_id = $1",
          [.uuid(order.id.uuid)])
      }
      #expect(try await LedgerAudit(pool: bench.pool).mispricedOrders() == (wrong: 2, priced: 1))
    }
  }
}
