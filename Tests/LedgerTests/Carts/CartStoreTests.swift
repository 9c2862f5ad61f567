import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CartStoreTests {
  private let kr = CartPlace(market: Market("KR")!, scope: .open)
  private let won = Money(amount: 100, currency: .won)

  /// What tasks of one loop found.
  private final class Noted<Value> { var values: [Value] = [] }

  private func cart(_ items: [(String, Int)], coupon: Identifier? = nil) -> Cart {
    Cart(
      items: items.map { .init(sku: SKU($0.0)!, quantity: $0.1, price: won) }, coupon: coupon)
  }

  @Test func `a cart is kept as it was saved, and its version lets one change win`() async throws {
    try await StockBench.run { bench in
      let store = CartStore(pool: bench.pool)
      let ann = CartHolder.member(UserID("ann")!)
      #expect(try await store.find(kr, of: ann, tenant: bench.tenant) == .empty)
      let first = cart([("A", 2), ("B", 1)], coupon: .random)
      let saved = try #require(
        try await store.save(first, in: kr, of: ann, tenant: bench.tenant, expected: 0))
      #expect(saved.cart == first && saved.version > 0)
      #expect(try await store.find(kr, of: ann, tenant: bench.tenant) == saved)
      // Who thinks there is none yet, or knows an older version, changes nothing.
      for expected in [0, saved.version - 1] {
        #expect(
          try await store.save(
            cart([("C", 1)]), in: kr, of: ann, tenant: bench.tenant, expected: expected) == nil)
      }
      let second = try #require(
        try await store.save(
          cart([("A", 3)]), in: kr, of: ann, tenant: bench.tenant, expected: saved.version))
      #expect(second.version == saved.version + 1)
      #expect(
        try await store.save(
          Cart(), in: kr, of: ann, tenant: bench.tenant, expected: saved.version) == nil)
      #expect(
        try await store.save(
          Cart(), in: kr, of: ann, tenant: bench.tenant, expected: second.version) == .empty)
      #expect(try await bench.count("carts") == 0)
      let again = try await store.save(first, in: kr, of: ann, tenant: bench.tenant, expected: 0)
      #expect(try #require(again).version > second.version - 2)
    }
  }

  @Test func `carts of members, guests, markets and sales are different ones`() async throws {
    try await StockBench.run { bench in
      let store = CartStore(pool: bench.pool)
      let id = Identifier.random
      let holders: [CartHolder] = [
        .member(UserID("g:\(id)")!), .member(UserID("\(id)")!), .guest(id),
      ]
      let places = [
        kr, CartPlace(market: Market("US")!, scope: .open),
        CartPlace(market: kr.market, scope: .sale(.random)),
      ]
      for (h, holder) in holders.enumerated() {
        for (p, place) in places.enumerated() {
          _ = try await store.save(
            cart([("A", 1 + h * 3 + p)]), in: place, of: holder, tenant: bench.tenant, expected: 0)
        }
      }
      for (h, holder) in holders.enumerated() {
        for (p, place) in places.enumerated() {
          let found = try await store.find(place, of: holder, tenant: bench.tenant)
          #expect(found.cart.items.first?.quantity == 1 + h * 3 + p)
          #expect(
            try await store.find(place, of: holder, tenant: TenantID("other")!) == .empty)
        }
      }
    }
  }

  @Test func `a cart whose time is over is as good as none, and dropped`() async throws {
    try await StockBench.run { bench in
      let store = CartStore(pool: bench.pool)
      let guest = CartHolder.guest(.random)
      let old = try #require(
        try await store.save(
          cart([("A", 1)]), in: kr, of: guest, tenant: bench.tenant, expected: 0))
      let life = try #require(old.expiresAt).milliseconds - old.updatedAt!.milliseconds
      #expect(abs(life - 30 * 86_400_000) < 1_000)
      _ = try await store.save(
        cart([("B", 1)]), in: kr, of: .guest(.random), tenant: bench.tenant, expected: 0)
      _ = try await bench.pool.query(
        "update spillway.carts set expires_at = clock_timestamp() where skus = '{A}'")
      #expect(try await store.find(kr, of: guest, tenant: bench.tenant) == .empty)
      let fresh = try #require(
        try await store.save(
          cart([("C", 1)]), in: kr, of: guest, tenant: bench.tenant, expected: 0))
      #expect(fresh.version > old.version && fresh.cart == cart([("C", 1)]))
      _ = try await bench.pool.query(
        "update spillway.carts set expires_at = clock_timestamp() where skus = '{C}'")
      #expect(try await store.purge(limit: 10) == 1)
      #expect(try await store.purge(limit: 10) == 0)
      #expect(try await bench.count("carts") == 1)
    }
  }

  @Test func `what a guest had comes to a member once, within the limits`() async throws {
    try await StockBench.run { bench in
      let store = CartStore(pool: bench.pool)
      let (guest, ann) = (Identifier.random, UserID("ann")!)
      let us = CartPlace(market: Market("US")!, scope: .open)
      _ = try await bench.pool.query(
        "update spillway.stock_accounts set per_user_limit = 4 where sku = 'B'")
      let mine = cart([("A", 2)], coupon: .random)
      _ = try await store.save(mine, in: kr, of: .member(ann), tenant: bench.tenant, expected: 0)
      _ = try await store.save(
        cart([("B", 9), ("A", 5)]), in: kr, of: .guest(guest), tenant: bench.tenant, expected: 0)
      _ = try await store.save(
        cart([("C", 1)]), in: us, of: .guest(guest), tenant: bench.tenant, expected: 0)
      let noted = Noted<CartStore.Merger>()
      let tasks = (0..<4).map { _ in
        bench.pool.loop.spawn {
          guard
            let merger = try? await store.merge(guest: guest, into: ann, tenant: bench.tenant)
          else { return }
          noted.values.append(merger)
        }
      }
      for task in tasks { await task.value }
      let mergers = noted.values
      let left = CartStore.Merger(left: [kr: [RequestedLine(sku: SKU("B")!, quantity: 5)]])
      #expect(mergers.filter { $0 == left }.count == 1)
      #expect(mergers.filter { $0 == CartStore.Merger() }.count == 3)
      let found = try await store.find(kr, of: .member(ann), tenant: bench.tenant)
      #expect(found.cart == cart([("A", 7), ("B", 4)], coupon: mine.coupon))
      #expect(
        try await store.find(us, of: .member(ann), tenant: bench.tenant).cart
          == cart([("C", 1)]))
      #expect(try await bench.count("carts") == 2)
    }
  }

  @Test func `a cart that a guest begins while the others are merged stays with the guest`()
    async throws
  {
    try await StockBench.run { bench in
      let store = CartStore(pool: bench.pool)
      let (guest, ann) = (Identifier.random, UserID("ann")!)
      let us = CartPlace(market: Market("US")!, scope: .open)
      _ = try await store.save(
        cart([("A", 1)]), in: kr, of: .member(ann), tenant: bench.tenant, expected: 0)
      _ = try await store.save(
        cart([("B", 1)]), in: kr, of: .guest(guest), tenant: bench.tenant, expected: 0)
      let noted = Noted<CartStore.Merger>()
      let merging = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select from spillway.carts where holder = 'm:ann' for update")
        let merging = bench.pool.loop.spawn {
          guard
            let merger = try? await store.merge(guest: guest, into: ann, tenant: bench.tenant)
          else { return }
          noted.values.append(merger)
        }
        // It knows which carts the guest has, and waits for the member's.
        try await bench.untilWaiting(for: "spillway.carts")
        _ = try await store.save(
          cart([("C", 1)]), in: us, of: .guest(guest), tenant: bench.tenant, expected: 0)
        return merging
      }
      await merging.value
      #expect(noted.values == [CartStore.Merger()])
      let merged = try await store.find(kr, of: .member(ann), tenant: bench.tenant)
      #expect(merged.cart == cart([("A", 1), ("B", 1)]))
      #expect(try await store.find(kr, of: .guest(guest), tenant: bench.tenant) == .empty)
      let begun = try await store.find(us, of: .guest(guest), tenant: bench.tenant)
      #expect(begun.cart == cart([("C", 1)]))
      // With the next merge it comes too.
      _ = try await store.merge(guest: guest, into: ann, tenant: bench.tenant)
      let late = try await store.find(us, of: .member(ann), tenant: bench.tenant)
      #expect(late.cart == cart([("C", 1)]))
      #expect(try await bench.count("carts") == 2)
    }
  }

  @Test func `the ledger itself refuses a cart that breaks a bound`() async throws {
    try await StockBench.run { bench in
      let store = CartStore(pool: bench.pool)
      _ = try await store.save(
        cart([("A", 1)]), in: kr, of: .guest(.random), tenant: bench.tenant, expected: 0)
      for change in [
        "quantities = '{1001}'", "quantities = '{0}'", "quantities = '{}'", "prices = '{-1}'",
        "skus = '{}', quantities = '{}', prices = '{}', currencies = '{}'", "holder = 'x'",
        "coupon_id = gen_random_uuid()",
        "skus = array_fill('A'::text, array[51]), quantities = array_fill(1, array[51]), "
          + "prices = array_fill(1, array[51]), currencies = array_fill('KRW'::text, array[51])",
      ] {
        let error = await #expect(throws: PostgresError.self, "\(change)") {
          _ = try await bench.pool.query(
            Statement(unprepared: "update spillway.carts set \(change)"))
        }
        #expect(error?.sqlState == "23514", "\(change)")
      }
    }
  }

  @Test func `a tenant's secret is made once`() async throws {
    try await StockBench.run { bench in
      let store = CartStore(pool: bench.pool)
      let first = try await store.secrets(of: bench.tenant, orElse: [1, 2])
      #expect(first == [[1, 2]])
      #expect(try await store.secrets(of: bench.tenant, orElse: [3]) == first)
    }
  }
}
