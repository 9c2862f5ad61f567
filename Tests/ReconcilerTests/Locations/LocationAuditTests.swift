import Domain
import Ledger
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct LocationAuditTests {
  @Test func `goods that lie nowhere, and goods from nowhere, are found`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20)])
      try await shop.untilSellable("A")
      let orders = try await shop.surelyOrder([.init(user: "ann", lines: [("A", 2)])])
      try #require(orders.count == 1)
      try await shop.untilSettled()
      _ = try await shop.orders.markPaid([orders[0].id], of: bench.tenant)
      try await shop.untilSettled()
      await bench.stop(daemon)
      #expect(try await shop.breaches() == [])
      _ = try await bench.pool.query(
        "update spillway.orders set status = 'FULFILLED' where order_id = $1",
        [.uuid(.init(high: orders[0].id.high, low: orders[0].id.low))])
      #expect(try await shop.breaches() == [])
      _ = try await bench.pool.query(
        "update spillway.location_stock set quantity = quantity - 1 where sku = 'A'")
      #expect(
        try await shop.breaches().map(\.name) == ["each location has what its entries say"])
      _ = try await bench.pool.query(
        "update spillway.location_stock set quantity = quantity + 1 where sku = 'A'")
      _ = try await bench.pool.query(
        """
        insert into spillway.location_entries (tenant_id, subject, kind, location_id, sku, quantity)
        select tenant_id, gen_random_uuid(), 'receipt', location_id, sku, 1
          from spillway.location_stock where tenant_id = $1
        """, [.text(bench.tenant.description)])
      #expect(
        Set(try await shop.breaches().map(\.name)) == [
          "the entries of locations add up to zero", "each location has what its entries say",
          "locations have what their market received and did not ship",
          "every entry of a location has its movement",
        ])
    }
  }
}
