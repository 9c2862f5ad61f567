import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Payments of a ledger that was written by an older version.
@Suite struct PaymentMigrationTests {
  /// Gives all that an order of one piece at 100 cost back.
  private func cancel(_ order: StockBench.Order, _ bench: StockBench) async throws {
    try await bench.pool.transaction { transaction in
      let store = OrderDetailStore(transaction: transaction)
      _ = try await store.lock(order.id, of: bench.tenant, user: nil)
      try await store.give(
        OrderDetailStore.Refund(
          id: .random,
          plan: RefundPlan(
            amount: 100, lines: [.init(sku: bench.skus[0], quantity: 1, amount: 100)],
            isComplete: true), status: .cancelled, restocks: true, returnsCoupon: true,
          reason: "changed", actor: bench.user,
          idempotency: RequestIdempotency(
            key: RequestDigest(high: 3, low: order.id.low),
            fingerprint: RequestDigest(high: 5, low: 6))), of: order.id, tenant: bench.tenant)
    }
  }

  private func listed(_ status: OrderStatus, _ bench: StockBench) async throws -> [Identifier] {
    try await bench.orders.search(
      OrderFilter(status: status), of: bench.tenant, before: nil, limit: 100
    ).map(\.id)
  }

  @Test func `what was paid before is listed, given back, and audited with what is paid after`()
    async throws
  {
    try await withLedger(before: "lighter_payments") { pool in
      let bench = StockBench(pool: pool)
      try await bench.fill()
      let orders = try await bench.placed(
        ["ann", "ben", "cat", "dan"].map { .init(user: $0, lines: [("A", 1, 100)]) })
      for user in ["ann", "cat"] { try await bench.charge(150, to: user) }
      for user in ["ben", "dan"] { for _ in 0..<3 { try await bench.charge(40, to: user) } }
      #expect(try await bench.pay(orders[..<2].map { bench.wish($0) }).count == 2)
      #expect(try await bench.balance(of: "ben") == 20)

      _ = try await Migrator().run(on: pool)
      #expect(try await Set(listed(.paid, bench)) == Set(orders[..<2].map(\.id)))
      #expect(try await bench.pay(orders[2...].map { bench.wish($0) }).count == 2)
      #expect(try await bench.balance(of: "cat") == 50)
      #expect(try await bench.balance(of: "dan") == 20)
      #expect(try await bench.count("wallet_draws") == 1 + 3 + 3)
      #expect(try await bench.count("wallet_allocations") == 1 + 3 + 1 + 3)
      #expect(try await bench.moneyFaults() == [])
      #expect(try await Set(listed(.paid, bench)) == Set(orders.map(\.id)))

      for order in orders { try await cancel(order, bench) }
      for (user, balance) in [("ann", 150), ("ben", 120), ("cat", 150), ("dan", 120)] {
        #expect(try await bench.balance(of: user) == balance)
      }
      #expect(try await listed(.paid, bench) == [])
      #expect(
        try await listed(.cancelled, bench)
          == orders.map(\.id).sorted { ($0.high, $0.low) > ($1.high, $1.low) })
      #expect(try await bench.moneyFaults() == [])
      let faults = try await LedgerAudit(pool: pool).refundFaults().filter { $0.count > 0 }
      #expect(faults == [])
    }
  }
}
