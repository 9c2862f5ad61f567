import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct SaleStoreTests {
  private func sale(_ bench: StockBench, opens: Int64, closes: Int64) async throws -> Sale {
    let now = try await bench.pool.query(
      "select (extract(epoch from now()) * 1000)::bigint")[0].decode(0, as: Int64.self)
    let id = Identifier.random
    return Sale(
      id: id, tenant: bench.tenant, market: bench.market,
      cell: CellName.own(by: bench.tenant, sale: id)!, name: "Friday",
      terms: SaleTerms(
        opensAt: Instant(milliseconds: now + opens), closesAt: Instant(milliseconds: now + closes),
        ratePolicy: RatePolicy(limit: 5, windowMilliseconds: 1000, burst: 2, scope: .user)),
      items: [
        SaleItem(
          sku: bench.skus[1], quantity: 4, price: Money(amount: 90, currency: .won),
          perUserLimit: 2),
        SaleItem(
          sku: bench.skus[0], quantity: 30, price: Money(amount: 50, currency: .won),
          perUserLimit: 0),
      ], acknowledgement: .ledger, reservationSeconds: 60)
  }

  private func advance(_ bench: StockBench) async throws -> Int {
    try await bench.sales.advance(lead: .seconds(30), limit: 100)
  }

  /// Answers what the source's cell or the sale's was asked for: pieces for each SKU.
  private func answer(
    _ bench: StockBench, in cell: CellName, _ pieces: [String: Int], at: Int
  ) async throws {
    let asked = try await bench.contents.takes(
      bench.cells.commands(of: cell, limit: 1000).filter { $0.kind == CellCommand.takeStock }
        .map(\.subject), of: cell)
    #expect(Set(asked.map(\.sku.description)) == Set(pieces.keys))
    _ = try await bench.cells.acquire(as: "one", hold: .seconds(60), limit: 10)
    let facts = bench.facts(
      takes: asked.map { ($0.movement, $0.scope, $0.sku, pieces[$0.sku.description]!) })
    let record = try await bench.cells.find(cell)!
    #expect(
      try await bench.cells.apply(
        CouponFacts(), facts, to: cell, as: "one", hold: .seconds(60), from: record.cursor,
        to: CellRecord.Cursor(milliseconds: at, sequence: 0)) == .applied(new: asked.count))
  }

  @Test func `a sale is kept as it was written`() async throws {
    try await StockBench.run { bench in
      let sale = try await sale(bench, opens: 3_600_000, closes: 7_200_000)
      let record = try await bench.sales.insert(sale, from: bench.cell, by: bench.user)
      #expect(record.sale == sale)
      #expect(try await bench.sales.find(sale.id, of: TenantID("other")!) == nil)
      #expect(try await bench.sales.list(of: bench.tenant, before: nil, limit: 5).count == 1)
      #expect(try await bench.contents.sales([sale.id], of: sale.cell) == [sale])
      var changed = sale
      changed.name = "Saturday"
      changed.terms.ratePolicy = nil
      changed.reservationSeconds = nil
      let updated = try await bench.sales.update(changed, expected: 1)
      #expect(updated?.sale.name == "Saturday" && updated?.sale.version == 2)
      #expect(updated?.sale.terms.ratePolicy == nil && updated?.sale.reservationSeconds == nil)
      #expect(try await bench.sales.update(sale, expected: 1) == nil)
      // It is not time yet.
      #expect(try await advance(bench) == 0)
      let kinds = try await bench.cells.commands(of: sale.cell, limit: 100).map(\.kind)
      #expect(kinds == ["stock.put", "stock.put", "sale.put", "sale.put"])
    }
  }

  @Test func `sales that wait keep no other from opening`() async throws {
    try await StockBench.run { bench in
      func state(_ sale: Sale) async throws -> SaleState? {
        try await bench.sales.find(sale.id, of: bench.tenant)?.sale.state
      }
      func advanceOne() async throws -> Int {
        try await bench.sales.advance(lead: .seconds(30), limit: 1)
      }
      let waiting = try await sale(bench, opens: 5000, closes: 7_200_000)
      _ = try await bench.sales.insert(waiting, from: bench.cell, by: bench.user)
      #expect(try await advanceOne() == 1)
      // The first waits for its stock, for as long as its source's cell is away.
      let next = try await sale(bench, opens: 10_000, closes: 7_200_000)
      _ = try await bench.sales.insert(next, from: bench.cell, by: bench.user)
      #expect(try await advanceOne() == 1)
      #expect(try await state(next) == .opening)
      _ = try await bench.pool.query(
        """
        update spillway.stock_movements set state = 'DONE', moved = 0, finished_at = now()
         where to_scope = $1
        """, [.uuid(next.id.uuid)])
      try await eventually("that the second one has its turn") {
        _ = try await advanceOne()
        return try await state(next) == .open
      }
      #expect(try await state(waiting) == .opening)
    }
  }

  @Test func `stock comes before a sale opens and goes back after it has closed`() async throws {
    try await StockBench.run { bench in
      let sale = try await sale(bench, opens: 10_000, closes: 7_200_000)
      _ = try await bench.sales.insert(sale, from: bench.cell, by: bench.user)
      #expect(try await advance(bench) == 1)
      #expect(try await advance(bench) == 0)
      #expect(try await bench.sales.find(sale.id, of: bench.tenant)?.sale.state == .opening)
      // Of one there is less than the sale would have.
      try await answer(bench, in: bench.cell, ["A": 10, "B": 4], at: 5)
      #expect(try await advance(bench) == 1)
      #expect(try await bench.sales.find(sale.id, of: bench.tenant)?.sale.state == .open)
      let account = try await bench.stock.account(
        of: bench.skus[1], scope: sale.scope, in: sale.cell, tenant: bench.tenant)
      #expect(account?.level == StockLevel(received: 4) && account?.perUserLimit == 2)
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 10, taken: 10))
      #expect(try await bench.isBalanced())
      #expect(try await advance(bench) == 0)

      // It is sold from, and closes while something is still reserved.
      let paid = StockBench.Order(
        scope: sale.scope, lines: [("A", 2, 50)], deadline: Instant.farAhead.milliseconds)
      let open = StockBench.Order(scope: sale.scope, lines: [("A", 1, 50)])
      _ = try await bench.cells.apply(
        CouponFacts(), bench.facts([paid, open]), to: sale.cell, as: "one", hold: .seconds(60),
        from: bench.cells.find(sale.cell)!.cursor, to: .init(milliseconds: 6, sequence: 0))
      _ = try await bench.orders.markPaid([paid.id], of: bench.tenant)
      _ = try await bench.pool.query(
        "update spillway.sales set opens_at = now() - interval '2 s', closes_at = now()")
      #expect(try await advance(bench) == 1)
      #expect(try await advance(bench) == 0)
      #expect(try await bench.sales.update(sale, expected: 4) == nil)
      // What nobody holds goes back at once, the rest once the order is over.
      try await answer(bench, in: sale.cell, ["B": 4], at: 7)
      _ = try await advance(bench)
      #expect(try await bench.sales.find(sale.id, of: bench.tenant)?.sale.state == .closing)
      #expect(try await bench.orders.cancelOverdue(limit: 10) == 1)
      _ = try await advance(bench)
      try await answer(bench, in: sale.cell, ["A": 8], at: 8)
      _ = try await advance(bench)
      #expect(try await bench.sales.find(sale.id, of: bench.tenant)?.sale.state == .closed)
      #expect(try await bench.level(bench.skus[0]).available == 8)
      #expect(try await bench.level(bench.skus[1]).available == 10)
      #expect(try await bench.isBalanced())
      #expect(try await advance(bench) == 0)
    }
  }

  @Test func `a sale that nobody opened in time just closes`() async throws {
    try await StockBench.run { bench in
      let sale = try await sale(bench, opens: -20_000, closes: -10_000)
      _ = try await bench.sales.insert(sale, from: bench.cell, by: bench.user)
      #expect(try await advance(bench) == 1)
      #expect(try await bench.sales.find(sale.id, of: bench.tenant)?.sale.state == .closed)
      #expect(try await bench.count("stock_movements") == 3)
    }
  }

  @Test func `a sale of what does not exist is refused`() async throws {
    try await StockBench.run { bench in
      var sale = try await sale(bench, opens: 0, closes: 10_000)
      sale.items[0] = SaleItem(
        sku: SKU("nothing")!, quantity: 1, price: Money(amount: 1, currency: .won), perUserLimit: 0)
      let wrong = sale
      let error = await #expect(throws: PostgresError.self) {
        _ = try await bench.sales.insert(wrong, from: bench.cell, by: bench.user)
      }
      #expect(error?.sqlState == "23503")
      #expect(try await bench.sales.find(sale.id, of: bench.tenant) == nil)
    }
  }
}
