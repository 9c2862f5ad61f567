import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// What the outbox tells others of stock.
@Suite struct StockEventTests {
  /// Changes and quantities of the events about a SKU, in order.
  private func events(_ bench: StockBench, of sku: SKU) async throws -> [String] {
    let rows = try await bench.pool.query(
      """
      select payload ->> 'change' || ' ' || (payload ->> 'quantity') from spillway.outbox_events
       where kind = 'stock.changed' and payload ->> 'sku' = $1 order by event_id
      """, [.text(sku.description)])
    return try rows.map { row throws(PostgresError) in try row.decode(0, as: String.self) }
  }

  @Test func `movements are told once they are done`() async throws {
    try await StockBench.run { bench in
      let sku = bench.skus[0]
      #expect(try await events(bench, of: sku) == ["receipt 10"])
      guard case .taken(let asked) = try await bench.adjust(sku, by: -8) else { return }
      #expect(try await events(bench, of: sku) == ["receipt 10"])
      let take = bench.facts(takes: [(asked.id, .open, sku, 6)])
      _ = try await bench.apply(take, from: 0, to: 5)
      // Facts that come again tell nothing new.
      _ = try await bench.apply(take, from: 5, to: 6)
      guard case .taken(let vain) = try await bench.adjust(sku, by: -1) else { return }
      _ = try await bench.apply(bench.facts(takes: [(vain.id, .open, sku, 0)]), from: 6, to: 7)
      #expect(try await events(bench, of: sku) == ["receipt 10", "correction 6"])
      let rows = try await bench.pool.query(
        """
        select tenant_id, subject, payload ->> 'actor', payload ->> 'reason', payload ->> 'from_cell',
            payload -> 'to_cell' = 'null', state
          from spillway.outbox_events where payload ->> 'change' = 'correction'
        """)
      #expect(try rows[0].decode(0, as: String.self) == bench.tenant.description)
      #expect(try rows[0].decode(1, as: PostgresUUID.self) == asked.id.uuid)
      #expect(try rows[0].decode(2, as: String.self) == "clerk")
      #expect(try rows[0].decode(3, as: String.self) == "counted")
      #expect(try rows[0].decode(4, as: String.self) == bench.cell.text)
      #expect(try rows[0].decode(5, as: Bool.self))
      #expect(try rows[0].decode(6, as: String.self) == "PENDING")
    }
  }

  @Test func `what is sold is told for each account, reservations and releases are not`()
    async throws
  {
    try await StockBench.run { bench in
      let orders = (0..<4).map { index in
        StockBench.Order(
          lines: [("A", 1, 100), ("B", 1, 200)], deadline: Instant.farAhead.milliseconds,
          digest: RequestDigest(high: 0, low: UInt64(index)))
      }
      _ = try await bench.apply(bench.facts(orders), from: 0, to: 1)
      _ = try await bench.orders.cancel(
        orders[3].id, of: bench.tenant, user: nil, reason: "no")
      #expect(try await events(bench, of: bench.skus[0]) == ["receipt 10"])
      _ = try await bench.orders.markPaid([orders[0].id, orders[1].id], of: bench.tenant)
      _ = try await bench.orders.markPaid([orders[1].id, orders[2].id], of: bench.tenant)
      for sku in bench.skus[0..<2] {
        #expect(try await events(bench, of: sku) == ["receipt 10", "sold 2", "sold 1"])
      }
      #expect(try await events(bench, of: bench.skus[2]) == ["receipt 10"])
    }
  }

  @Test func `what comes back from a buyer, and what moves, is told`() async throws {
    try await StockBench.run { bench in
      _ = try await bench.pool.query(
        """
        select spillway.receive_stock($1, spillway.new_id(), 'return', $2, spillway.open_scope(),
          'A', 2, 'returned', 'clerk')
        """, [.text(bench.tenant.description), .text(bench.cell.text)])
      let locations = LocationStore(pool: bench.pool)
      let main = try #require(
        try await locations.list(of: bench.tenant, market: nil, before: nil, limit: 1).first)
      let other = try #require(
        try await locations.insert(
          .random, name: "Other", market: bench.market, priority: 1, of: bench.tenant,
          by: bench.user))
      _ = try await bench.stock.transfer(
        .init(
          id: .random, sku: bench.skus[0], source: main, target: other, quantity: 3,
          reason: "move", user: bench.user), from: bench.cell, to: bench.cell, of: bench.tenant)
      #expect(
        try await events(bench, of: bench.skus[0]) == ["receipt 10", "return 2", "transfer 3"])
    }
  }
}
