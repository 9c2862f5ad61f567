import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Sets of payments that are decided in several rounds.
@Suite struct PaymentRoundTests {
  @Test func `no round waits for stock while it holds that of an earlier one`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      // What lies behind the one that is refused is decided in a second round.
      let orders = try await bench.placed([
        .init(lines: [("B", 1, 60)]), .init(lines: [("B", 1, 60)]), .init(lines: [("A", 1, 30)]),
      ])
      var decisions: [PaymentDecision] = []
      let payer = try await bench.pool.transaction { transaction in
        try await lock("A", transaction)
        let payer = bench.pool.loop.spawn {
          decisions = (try? await bench.pay(orders.map { bench.wish($0) })) ?? []
        }
        try await eventually("that the payments wait for the first account") {
          try await !bench.pool.query(
            """
            select 1 from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'
            """
          ).isEmpty
        }
        try await lock("B", transaction)
        return payer
      }
      await payer.value
      #expect(decisions.count == 3)
      for (place, decision) in decisions.enumerated() {
        switch decision {
        case .paid: #expect(place != 1)
        case .short: #expect(place == 1)
        default: Issue.record("\(decision)")
        }
      }
      #expect(try await bench.moneyFaults() == [])
    }
  }

  /// Fails when somebody else has the account of the open stock.
  private func lock(_ sku: String, _ transaction: PostgresTransaction) async throws {
    _ = try await transaction.query(
      """
      select 1 from spillway.stock_accounts where sku = $1 and scope = spillway.open_scope()
         for no key update nowait
      """, [.text(sku)])
  }
}
