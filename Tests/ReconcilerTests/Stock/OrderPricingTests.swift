import Domain
import HotPath
import Ledger
import TestSupport
import Testing

@testable import Reconciler

@Suite struct OrderPricingTests {
  private static func terms(_ random: inout SeededGenerator) -> OrderTerms {
    guard Int.random(in: 0..<4, using: &random) > 0 else { return .none }
    let isRate = Bool.random(using: &random)
    return OrderTerms(
      tax: Bool.random(using: &random)
        ? TaxRule(
          basisPoints: Int.random(in: 1...2_000, using: &random),
          isIncluded: Bool.random(using: &random)) : nil,
      shipping: ShippingRule(
        fee: Int.random(in: 0...50, using: &random), freeFrom: 500, currency: .won),
      coupon: Bool.random(using: &random)
        ? CouponTerms(
          coupon: Identifier(high: random.next(), low: random.next()),
          campaign: Identifier(high: random.next(), low: random.next()),
          discount: isRate
            ? .rate(basisPoints: Int.random(in: 1...10_000, using: &random), maximum: 200)
            : .amount(Int.random(in: 1...700, using: &random), currency: "KRW"),
          minimumSubtotal: 200, lines: LineSet([Int.random(in: 0...1, using: &random)])) : nil,
      rounding: Rounding.allCases.randomElement(using: &random)!)
  }

  @Test func `random orders come to the same in the ledger as by their terms`() async throws {
    try await SaleBench.run { bench in
      var random = SeededGenerator("random orders")
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 1_000), ("B", 1_000)])
      try await shop.untilSellable("B")
      var expected: [Identifier: OrderTerms] = [:]
      for _ in 0..<20 {
        let terms = (0..<Int.random(in: 1...9, using: &random)).map { _ in Self.terms(&random) }
        let granted = try await shop.surelyOrder(
          terms.map { terms in
            OrderBench.Want(
              user: "ann",
              lines: [
                ("A", Int.random(in: 1...3, using: &random)),
                ("B", Int.random(in: 1...3, using: &random)),
              ], terms: terms.description)
          })
        #expect(granted.count == terms.count)
        for (order, terms) in zip(granted, terms) { expected[order.id] = terms }
      }
      try await shop.untilSettled()
      for (id, terms) in expected {
        let order = try #require(try await shop.orders.find(id, of: bench.tenant))
        let totals = try #require(
          OrderTotals(order.lines.map(PricedLine.init), currency: .won, terms: terms))
        #expect(order.terms == terms)
        #expect(order.discount == totals.discount && order.total == totals.total, "\(terms)")
        #expect(order.coupon == terms.coupon?.coupon && order.campaign == terms.coupon?.campaign)
      }
      #expect(try await shop.breaches() == [])
    }
  }
}
