import Domain
import HotPath
import Ledger
import Postgres
import Redis
import Telemetry
import TestSupport
import Testing

@testable import Reconciler

@Suite struct CatalogUpkeepTests {
  @Test func `the most ordered come first, and what is given back does not count`() async throws {
    try await SaleBench.run { bench in
      _ = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 50), ("B", 5)])
      try await shop.untilSellable("B")
      let keeper = PopularityKeeper(
        redis: bench.router, pool: bench.pool, limits: bench.configuration.limits,
        logger: Logger(label: "test", sink: .none))
      func popularity() async throws -> Int? {
        try await CatalogStore(pool: bench.pool).page(
          CatalogQuery(market: Market("KR")!, sort: .popularity, limit: 10), of: bench.tenant
        ).first?.key
      }
      func recount() async throws {
        _ = try await bench.pool.query(
          "update spillway.popularity_counts set counted_at = '-infinity'")
        _ = try await keeper.runOnce()
      }
      try await recount()
      #expect(try await popularity() == 0)
      let orders = try await shop.surelyOrder([
        OrderBench.Want(user: "ann", lines: [("A", 3)]),
        OrderBench.Want(user: "ben", lines: [("A", 1), ("B", 2)]),
      ])
      try await shop.untilSettled()
      try await recount()
      #expect(try await popularity() == 6)
      _ = try await shop.orders.cancel(
        orders[0].id, of: bench.tenant, user: UserID("ann")!, reason: "changed")
      try await shop.untilSettled()
      try await recount()
      #expect(try await popularity() == 3)
      // Not again before the interval is over.
      #expect(
        try await !CatalogStore(pool: bench.pool).beginPopularityCount(
          in: Market("KR")!, of: bench.tenant, interval: .seconds(3600)))
    }
  }

  @Test func `a sale price reaches the cell when it begins, and leaves it when it ends`()
    async throws
  {
    try await SaleBench.run { bench in
      _ = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 50)])
      try await shop.untilSellable("A")
      let sale = SalePrice(
        amount: 70, startsAt: shop.now + .seconds(3), endsAt: shop.now + .seconds(6))
      _ = try await ProductStore(pool: bench.pool).put(
        SKU("A")!, of: shop.product, name: "A", prices: [:], salePrices: [shop.market: [sale]],
        tenant: bench.tenant, by: shop.clerk)
      func charged() async throws -> Int? {
        try await StockReader.read(
          [(.open, SKU("A")!)], keys: bench.keys, client: bench.redis
        ).accounts[0]?.terms.price.amount
      }
      #expect(try await charged() == 100)
      try await eventually(within: .seconds(30), "the sale price has begun") {
        try await charged() == 70
      }
      #expect(shop.now >= sale.startsAt)
      try await eventually(within: .seconds(30), "it has ended") { try await charged() == 100 }
      #expect(shop.now >= sale.endsAt)
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
    }
  }
}
