import Domain
import Ledger
import Telemetry
import TestSupport
import Testing

@testable import Reconciler

@Suite struct CartPrunerTests {
  @Test func `a cart past its time is found by the audit and dropped by the reconciler`()
    async throws
  {
    try await SaleBench.run { bench in
      let shop = try await OrderBench(bench, stock: [])
      let store = CartStore(pool: bench.pool)
      let place = CartPlace(market: Market("KR")!, scope: .open)
      let goods = Cart(
        items: [.init(sku: SKU("A")!, quantity: 1, price: Money(amount: 1, currency: .won))])
      for guest in 1...3 {
        _ = try await store.save(
          goods, in: place, of: .guest(Identifier(high: 7, low: UInt64(guest))),
          tenant: bench.tenant, expected: 0)
      }
      let clean = try await shop.breaches()
      #expect(!clean.contains { $0.name == "no cart is kept past its time" })
      _ = try await bench.pool.query(
        """
        update spillway.carts set expires_at = now() - interval '2 days'
         where tenant_id = $1 and holder <> 'g:00000000-0000-0007-0000-000000000003'
        """, [.text(bench.tenant.description)])
      let breaches = try await shop.breaches()
      #expect(
        breaches.first { $0.name == "no cart is kept past its time" }?.detail == "2 are")
      var limits = ReconcilerLimits()
      limits.cartsPerForget = 1
      let pruner = CartPruner(
        pool: bench.pool, limits: limits, logger: Logger(label: "test", sink: .none))
      try await pruner.runOnce()
      let left = try await bench.pool.query(
        "select holder from spillway.carts where tenant_id = $1", [.text(bench.tenant.description)])
      #expect(left.count == 1)
      let after = try await shop.breaches()
      #expect(!after.contains { $0.name == "no cart is kept past its time" })
    }
  }
}
