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

  @Test func `guests have so many carts and no more: what was touched again stays`() async throws {
    try await SaleBench.run { bench in
      let store = CartStore(pool: bench.pool)
      let place = CartPlace(market: Market("KR")!, scope: .open)
      func goods(_ quantity: Int) -> Cart {
        Cart(
          items: [
            .init(sku: SKU("A")!, quantity: quantity, price: Money(amount: 1, currency: .won))
          ])
      }
      func guest(_ number: Int) -> CartHolder {
        .guest(Identifier(high: 7, low: UInt64(number)))
      }
      var versions: [Int] = []
      for number in 1...6 {
        let saved = try await store.save(
          goods(1), in: place, of: guest(number), tenant: bench.tenant, expected: 0)
        versions.append(try #require(saved).version)
      }
      for user in ["ann", "ben"] {
        _ = try await store.save(
          goods(1), in: place, of: .member(UserID(user)!), tenant: bench.tenant, expected: 0)
      }
      // The first guest came an hour ago, and came back.
      _ = try await bench.pool.query(
        """
        update spillway.carts set version = version - 3600000,
            updated_at = updated_at - interval '1 hour'
         where tenant_id = $1 and holder = 'g:00000000-0000-0007-0000-000000000001'
        """, [.text(bench.tenant.description)])
      _ = try await store.save(
        goods(2), in: place, of: guest(1), tenant: bench.tenant,
        expected: versions[0] - 3_600_000)
      var limits = ReconcilerLimits()
      limits.cartsPerForget = 2
      limits.guestCarts = 3
      let pruner = CartPruner(
        pool: bench.pool, limits: limits, logger: Logger(label: "test", sink: .none))
      for _ in 0..<2 {
        try await pruner.runOnce()
        let left = try await bench.pool.query(
          "select right(holder, 3) from spillway.carts where tenant_id = $1 order by holder",
          [.text(bench.tenant.description)])
        let names = try left.map { try $0.decode(0, as: String.self) }
        #expect(names == ["001", "005", "006", "ann", "ben"])
      }
    }
  }
}
