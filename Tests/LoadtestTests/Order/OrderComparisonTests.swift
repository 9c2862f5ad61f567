import Domain
import Testing

@testable import spillway_loadtest

@Suite struct OrderComparisonTests {
  private func order(_ number: Int) -> Identifier { Identifier(high: 7, low: UInt64(number)) }

  private func row(
    _ number: Int, user: Int? = nil, _ status: OrderStatus = .paid, total: Int = 100,
    cancelledAfter: Double? = nil
  ) -> LedgerOrder {
    LedgerOrder(
      order: order(number), user: "U\(user ?? number)", status: status, total: total,
      cancelledAfter: cancelledAfter)
  }

  private func told(_ numbers: [Int]) -> [AcknowledgedOrder] {
    numbers.map { AcknowledgedOrder(user: $0, order: order($0), sku: 0) }
  }

  private func reading(_ available: Int, _ reserved: Int, _ sold: Int) -> StockSampler.Reading {
    .init(sku: "A", available: available, reserved: reserved, sold: sold)
  }

  private func breaches(
    _ told: [AcknowledgedOrder], _ rows: [LedgerOrder], _ readings: [StockSampler.Reading]?
  ) -> Int {
    OrderComparison(
      told: told, orders: rows, pieces: [10], readings: readings, price: 100, name: { "U\($0)" }
    ).breaches.count
  }

  @Test func `a ledger with all that was told holds, also with more`() {
    let rows = [row(1), row(2, .cancelled, cancelledAfter: 1), row(3)]
    #expect(breaches(told([1, 2]), rows, [reading(8, 0, 2)]) == 0)
    #expect(breaches([], [], [reading(10, 0, 0)]) == 0)
  }

  @Test func `an order that was told and is not there is a breach`() {
    #expect(breaches(told([1, 4]), [row(1)], [reading(9, 0, 1)]) == 1)
  }

  @Test func `another user or another total is a breach`() {
    #expect(breaches(told([1]), [row(1, user: 2)], [reading(9, 0, 1)]) == 1)
    #expect(breaches(told([1]), [row(1, total: 99)], [reading(9, 0, 1)]) == 1)
  }

  @Test func `two orders of one user are a breach`() {
    #expect(breaches(told([1]), [row(1), row(2, user: 1)], [reading(8, 0, 2)]) == 1)
  }

  @Test func `nothing stays pending, and nothing lapses late`() {
    #expect(breaches([], [row(1, .pending)], [reading(9, 1, 0)]) > 0)
    let late = row(1, .cancelled, cancelledAfter: OrderComparison.longestOverdue + 1)
    #expect(breaches([], [late], [reading(10, 0, 0)]) == 1)
  }

  @Test func `every piece is sold to somebody who paid, or on sale`() {
    #expect(breaches([], [row(1)], [reading(10, 0, 0)]) > 0)
    #expect(breaches([], [row(1)], [reading(8, 1, 1)]) > 0)
    #expect(breaches([], [row(1)], [reading(8, 0, 1)]) == 1)
    #expect(breaches([], [], nil) == 1)
  }
}
