import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct OrderStoreTests {
  @Test func `a cancelled order gives its stock back and tells its cell, once`() async throws {
    try await StockBench.run { bench in
      let order = StockBench.Order(lines: [("A", 2, 100), ("B", 1, 200)])
      _ = try await bench.apply(bench.facts([order]), from: 0, to: 5)
      let eve = UserID("eve")!
      #expect(
        try await bench.orders.cancel(order.id, of: bench.tenant, user: eve, reason: "x")
          == .notFound)
      #expect(
        try await bench.orders.cancel(.random, of: bench.tenant, user: nil, reason: "x")
          == .notFound)
      let outcome = try await bench.orders.cancel(
        order.id, of: bench.tenant, user: UserID("ann")!, reason: "too slow")
      guard case .cancelled(let cancelled) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(cancelled.status == .cancelled && cancelled.reason == "too slow")
      #expect(cancelled.cancelledAt != nil)
      #expect(
        try await bench.orders.cancel(order.id, of: bench.tenant, user: nil, reason: "again")
          == .notPending(cancelled))
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 10))
      #expect(try await bench.commands(CellCommand.releaseOrder) == [order.id])
      #expect(try await bench.orders.markPaid([order.id], of: bench.tenant).isEmpty)
    }
  }

  @Test func `a paid order's stock is sold, and it can neither expire nor be cancelled`()
    async throws
  {
    try await StockBench.run { bench in
      let order = StockBench.Order(
        lines: [("A", 2, 100)], deadline: Instant.farAhead.milliseconds)
      _ = try await bench.apply(bench.facts([order]), from: 0, to: 5)
      #expect(
        try await bench.orders.markPaid([order.id, .random], of: bench.tenant) == [order.id])
      #expect(try await bench.orders.markPaid([order.id], of: bench.tenant).isEmpty)
      #expect(try await bench.orders.cancelOverdue(limit: 10) == 0)
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 10, sold: 2))
      #expect(try await bench.commands(CellCommand.commitOrder) == [order.id])
      #expect(try await bench.commands(CellCommand.releaseOrder).isEmpty)
      let paid = try await bench.orders.find(order.id, of: bench.tenant)
      #expect(paid?.status == .paid && paid?.paidAt != nil)
    }
  }

  @Test func `orders whose time is over are cancelled in sets, others are left`() async throws {
    try await StockBench.run { bench in
      let late = (0..<7).map { _ in StockBench.Order(lines: [("A", 1, 100)]) }
      let fresh = StockBench.Order(lines: [("B", 1, 200)], deadline: 9_000_000_000_000)
      _ = try await bench.apply(bench.facts(late + [fresh]), from: 0, to: 5)
      #expect(try await bench.orders.cancelOverdue(limit: 5) == 5)
      #expect(try await bench.orders.cancelOverdue(limit: 5) == 2)
      #expect(try await bench.orders.cancelOverdue(limit: 5) == 0)
      #expect(try await bench.level(bench.skus[0]).reserved == 0)
      #expect(try await bench.level(bench.skus[1]).reserved == 1)
      #expect(
        Set(try await bench.commands(CellCommand.releaseOrder)) == Set(late.map(\.id)))
      let one = try await bench.orders.find(late[0].id, of: bench.tenant)
      #expect(one?.reason == OrderRecord.expired)
    }
  }

  @Test func `the list of a deadline loses those that are not pending`() async throws {
    try await StockBench.run { bench in
      let orders = (0..<6).map { _ in StockBench.Order(lines: [("A", 1, 100)]) }
      _ = try await bench.apply(bench.facts(orders), from: 0, to: 5)
      func listed() async throws -> [Identifier] {
        try await bench.pool.query(
          "select f.id from spillway.order_deadlines d cross join unnest(d.order_ids) f (id)"
        ).map { Identifier(try $0.decode(0)) }
      }
      #expect(Set(try await listed()) == Set(orders.map(\.id)))
      _ = try await bench.orders.cancel(
        orders[0].id, of: bench.tenant, user: nil, reason: "not wanted")
      #expect(try await listed().count == 6)
      #expect(try await bench.orders.cancelOverdue(limit: 2) == 2)
      let left = try await listed()
      #expect(left.count == 3 && !left.contains(orders[0].id))
      for id in left {
        #expect(try await bench.orders.find(id, of: bench.tenant)?.status == .pending)
      }
      #expect(try await bench.orders.cancelOverdue(limit: 4) == 3)
      #expect(try await listed().isEmpty)
      let faults = try await LedgerAudit(pool: bench.pool).stockFaults(keyLife: .seconds(86_400))
      #expect(faults.misfiled == 0 && faults.untimed == 0)
    }
  }

  @Test func `payment, cancellation and expiry at once settle each order once`() async throws {
    try await StockBench.run { bench in
      let orders = (0..<40).map { index in
        StockBench.Order(
          user: "user\(index)",
          lines: index % 2 == 0 ? [("A", 1, 100)] : [("B", 1, 200)])
      }
      _ = try await bench.adjust(bench.skus[0], by: 100)
      _ = try await bench.adjust(bench.skus[1], by: 100)
      _ = try await bench.apply(bench.facts(orders), from: 0, to: 5)
      var failures: [String] = []
      var racers: [Task<Void, Never>] = []
      func race(_ body: @escaping () async throws -> Void) {
        racers.append(
          bench.pool.loop.spawn {
            do { try await body() } catch { failures.append("\(error)") }
          })
      }
      for order in orders {
        race { _ = try await bench.orders.markPaid([order.id], of: bench.tenant) }
        race {
          _ = try await bench.orders.cancel(order.id, of: bench.tenant, user: nil, reason: "race")
        }
        race { _ = try await bench.orders.cancelOverdue(limit: 3) }
      }
      for racer in racers { await racer.value }
      #expect(failures == [])
      while try await bench.orders.cancelOverdue(limit: 100) > 0 {}
      let commits = try await bench.commands(CellCommand.commitOrder)
      let releases = try await bench.commands(CellCommand.releaseOrder)
      #expect(commits.count + releases.count == orders.count)
      #expect(Set(commits + releases) == Set(orders.map(\.id)))
      let sold = try await bench.level(bench.skus[0]).sold + bench.level(bench.skus[1]).sold
      #expect(sold == commits.count)
      #expect(try await bench.level(bench.skus[0]).reserved == 0)
      #expect(try await bench.level(bench.skus[1]).reserved == 0)
    }
  }

  @Test func `a user's history is the user's own, newest first`() async throws {
    try await StockBench.run { bench in
      let own = (0..<5).map { index in
        StockBench.Order(
          id: Identifier(
            at: Instant(milliseconds: StockBench.now + Int64(index)), counter: 0, random: 7),
          lines: [("A", 1, 100)])
      }
      _ = try await bench.apply(
        bench.facts(own + [StockBench.Order(user: "ben", lines: [("A", 1, 100)])]), from: 0, to: 5)
      let ann = UserID("ann")!
      let first = try await bench.orders.history(
        of: ann, tenant: bench.tenant, before: nil, limit: 3)
      #expect(first.map(\.id) == own.suffix(3).reversed().map(\.id))
      let rest = try await bench.orders.history(
        of: ann, tenant: bench.tenant, before: first.last?.id, limit: 3)
      #expect(rest.map(\.id) == own.prefix(2).reversed().map(\.id))
      #expect(try await bench.orders.find(own[0].id, of: bench.tenant, user: UserID("ben")) == nil)
    }
  }

  @Test func `popular products are counted over three days without what was given back`()
    async throws
  {
    try await StockBench.run { bench in
      let hat = Identifier(high: 0x0190_a000_0000_7000, low: 0x8000_0000_0000_0002)
      _ = try await bench.products.insert(hat, name: "Hat", of: bench.tenant, by: bench.user)
      _ = try await bench.products.put(
        SKU("H")!, of: hat, name: "Hat",
        prices: [bench.market: Money(amount: 5, currency: .won)], tenant: bench.tenant,
        by: bench.user)
      _ = try await bench.adjust(SKU("H")!, by: 100)
      let now = try await bench.pool.query(
        "select (extract(epoch from now()) * 1000)::bigint")[0].decode(0, as: Int64.self)
      func order(_ sku: String, _ quantity: Int, daysAgo: Int64) -> StockBench.Order {
        let at = now - daysAgo * 86_400_000
        return StockBench.Order(
          id: Identifier(
            at: Instant(milliseconds: at), counter: 0, random: .random(in: 0...UInt64.max)),
          lines: [(sku, quantity, 5)], reservedAt: at, deadline: at + 9_000_000)
      }
      let cancelled = order("H", 50, daysAgo: 0)
      _ = try await bench.apply(
        bench.facts([
          order("A", 3, daysAgo: 0), order("B", 4, daysAgo: 2), order("H", 6, daysAgo: 1),
          order("H", 20, daysAgo: 3), cancelled,
        ]), from: 0, to: 5)
      _ = try await bench.orders.cancel(
        cancelled.id, of: bench.tenant, user: nil, reason: "no")
      let popular = try await bench.orders.popularProducts(
        of: bench.tenant, market: bench.market, days: 3, limit: 5)
      #expect(
        popular == [.init(product: bench.product, quantity: 7), .init(product: hat, quantity: 6)])
      #expect(
        try await bench.orders.popularProducts(
          of: bench.tenant, market: Market("US")!, days: 3, limit: 5
        ).isEmpty)
    }
  }
}
