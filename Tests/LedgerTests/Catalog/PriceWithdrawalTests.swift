import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Prices that are taken away, and the open stock that they were for.
@Suite struct PriceWithdrawalTests {
  private static let america = Market("US")!
  private static let americanCell = CellName("demo.us")!

  /// Sets a price of the first SKU, or takes it away.
  private func put(
    _ bench: StockBench, _ price: Money?, in market: Market
  ) async throws -> ProductStore.StockUnit {
    let outcome = try await bench.products.put(
      bench.skus[0], of: bench.product, name: "Shoe",
      prices: price.map { [market: $0] } ?? [:], withdrawn: price == nil ? [market] : [],
      tenant: bench.tenant, by: bench.user)
    guard case .put(let unit) = outcome else {
      throw NeverHappened(description: "the SKU was not put: \(outcome)")
    }
    return unit
  }

  private func account(
    _ bench: StockBench, in cell: CellName? = nil
  ) async throws -> StockAccount? {
    try await bench.stock.account(
      of: bench.skus[0], scope: .open, in: cell ?? bench.cell, tenant: bench.tenant)
  }

  private func receive(
    _ bench: StockBench, in market: Market, _ cell: CellName
  ) async throws -> StockStore.AdjustmentOutcome {
    try await bench.stock.adjust(
      StockStore.Adjustment(
        id: .random, kind: .receipt, sku: bench.skus[0], market: market, cell: cell, change: 5,
        reason: "delivery", user: bench.user), of: bench.tenant)
  }

  private func mischarged(_ bench: StockBench) async throws -> Int {
    try await LedgerAudit(pool: bench.pool).catalogFaults().mischarged
  }

  @Test func `open stock without a price is not sold, and keeps the price that it had`()
    async throws
  {
    try await StockBench.run { bench in
      let before = try #require(try await account(bench))
      #expect(before.isSold)
      #expect(try await put(bench, nil, in: bench.market).prices.isEmpty)
      let after = try #require(try await account(bench))
      #expect(!after.isSold && after.terms.cellLimit == StockTerms.notSold)
      #expect(after.price == before.price && after.version == before.version + 1)
      // Taken away twice it is told once, and goods may still come.
      _ = try await put(bench, nil, in: bench.market)
      #expect(try await account(bench)?.version == after.version)
      guard case .taken = try await receive(bench, in: bench.market, bench.cell) else {
        Issue.record("nothing was received")
        return
      }
      #expect(try await mischarged(bench) == 0)

      _ = try await put(bench, before.price, in: bench.market)
      let again = try #require(try await account(bench))
      #expect(again.isSold && again.price == before.price)
      #expect(try await mischarged(bench) == 0)
      _ = try await bench.pool.query(
        "update spillway.stock_accounts set is_priced = false where sku = 'A'")
      #expect(try await mischarged(bench) == 1)
    }
  }

  @Test func `stock that is opened while its price goes is not sold`() async throws {
    try await StockBench.run { bench in
      _ = try await put(bench, Money(amount: 900, currency: .dollar), in: Self.america)
      var failure: (any Error)?
      var withdrawal: Task<Void, Never>?
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select spillway.ensure_open_account('demo', 'US', 'demo.us', 'A')")
        withdrawal = bench.pool.loop.spawn {
          do { _ = try await put(bench, nil, in: Self.america) } catch { failure = error }
        }
        try await bench.untilWaiting(for: "put_sku")
      }
      await withdrawal?.value
      #expect(failure == nil)
      #expect(try await account(bench, in: Self.americanCell)?.isSold == false)
      #expect(try await mischarged(bench) == 0)
    }
  }

  @Test func `stock that comes for a price that goes is not opened`() async throws {
    try await StockBench.run { bench in
      _ = try await put(bench, Money(amount: 900, currency: .dollar), in: Self.america)
      var outcome: StockStore.AdjustmentOutcome?
      var failure: (any Error)?
      var receipt: Task<Void, Never>?
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          """
          select spillway.put_sku('demo', 'A', $1, 'Shoe', 'clerk', array['US'], array[null]::text[],
            array[null]::bigint[])
          """, [.uuid(bench.product.uuid)])
        receipt = bench.pool.loop.spawn {
          do {
            outcome = try await receive(bench, in: Self.america, Self.americanCell)
          } catch {
            failure = error
          }
        }
        try await bench.untilWaiting(for: "ensure_open_account")
      }
      await receipt?.value
      #expect(failure == nil && outcome == .notSold)
      #expect(try await account(bench, in: Self.americanCell) == nil)
      #expect(try await mischarged(bench) == 0)
    }
  }
}
