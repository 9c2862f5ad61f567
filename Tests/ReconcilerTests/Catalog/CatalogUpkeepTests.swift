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
      try #require(orders.count == 2)
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

  @Test func `Redis and the ledger name the same five that are ordered most`() async throws {
    try await SaleBench.run { bench in
      _ = bench.startDaemon()
      // A and B are one product, the others one each.
      let shop = try await OrderBench(bench, stock: [("A", 50), ("B", 50)])
      let products = ProductStore(pool: bench.pool)
      let others = ["C", "D", "E", "F", "G"]
      for sku in others {
        let product = Identifier(
          high: 0x0190_a000_0000_7000, low: UInt64.random(in: 0..<1 << 62) | 1 << 63)
        _ = try await products.insert(product, name: sku, of: bench.tenant, by: shop.clerk)
        _ = try await products.put(
          SKU(sku)!, of: product, name: sku,
          prices: [shop.market: Money(amount: 100, currency: .won)], tenant: bench.tenant,
          by: shop.clerk)
        try await shop.adjust(sku, by: 50)
      }
      let sale = try await shop.createSale([("D", 20, 0)])
      for sku in ["A", "B"] + others { try await shop.untilSellable(sku) }
      try await shop.untilSellable("D", in: sale)

      func expectSame(_ pieces: [Int]) async throws {
        try await shop.untilSettled()
        let counted = try await PopularProducts.top(
          5, of: [bench.cell, sale.cell].map { (CellKeys($0), bench.redis) })
        let recorded = try await shop.orders.popularProducts(
          of: bench.tenant, market: shop.market, days: PopularProducts.days, limit: 5)
        #expect(
          counted.map { "\($0.product) \($0.pieces)" }
            == recorded.map { "\($0.product) \($0.quantity)" })
        #expect(counted.map(\.pieces) == pieces)
      }
      try await expectSame([])
      let orders = try await shop.surelyOrder([
        OrderBench.Want(user: "ann", lines: [("A", 3), ("E", 6)]),
        OrderBench.Want(user: "ben", lines: [("B", 2), ("C", 5)]),
        OrderBench.Want(user: "eve", lines: [("D", 1), ("F", 2), ("G", 1)]),
        OrderBench.Want(user: "ann", lines: [("E", 1)]),
      ])
      try #require(orders.count == 4)
      try await shop.surelyOrder(
        [OrderBench.Want(user: "ben", lines: [("D", 3)])], in: sale)
      // E; A with B, and C, by their ids; D of both cells; F.
      try await expectSame([7, 5, 5, 4, 2])
      #expect(try await shop.orders.markPaid([orders[1].id], of: bench.tenant).count == 1)
      _ = try await shop.orders.cancel(
        orders[0].id, of: bench.tenant, user: UserID("ann")!, reason: "changed")
      // C, D, F, then what is left of A with B, and E and G, of which one is the fifth.
      try await expectSame([5, 4, 2, 2, 1])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a sale price reaches the cell when it begins, and leaves it when it ends`()
    async throws
  {
    try await SaleBench.run { bench in
      _ = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 50)])
      try await shop.untilSellable("A")
      func put(_ sale: SalePrice) async throws {
        _ = try await ProductStore(pool: bench.pool).put(
          SKU("A")!, of: shop.product, name: "A", prices: [:], salePrices: [shop.market: [sale]],
          tenant: bench.tenant, by: shop.clerk)
      }
      func charged() async throws -> Int? {
        try await StockReader.read(
          [(.open, SKU("A")!)], keys: bench.keys, client: bench.redis
        ).accounts[0]?.terms.price.amount
      }
      let sale = SalePrice(
        amount: 70, startsAt: shop.now + .seconds(3), endsAt: shop.now + .seconds(3600))
      try await put(sale)
      let early = try await charged()
      if shop.now < sale.startsAt { #expect(early == 100) }
      try await eventually(within: .seconds(60), "the sale price has begun") {
        try await charged() == 70
      }
      #expect(shop.now >= sale.startsAt)
      let end = shop.now + .seconds(3)
      try await put(SalePrice(amount: 70, startsAt: sale.startsAt, endsAt: end))
      try await eventually(within: .seconds(60), "it has ended") { try await charged() == 100 }
      #expect(shop.now >= end)
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
    }
  }
}
