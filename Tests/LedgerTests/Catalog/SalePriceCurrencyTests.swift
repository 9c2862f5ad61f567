import Domain
import TestSupport
import Testing

@testable import Ledger

/// Sale prices are amounts in the currency of the price that they stand beside.
@Suite struct SalePriceCurrencyTests {
  private let sale = SalePrice(amount: 12_900, startsAt: .longAgo, endsAt: .farAhead)

  private func put(
    _ bench: StockBench, _ price: Money, sales: [SalePrice]? = nil
  ) async throws -> ProductStore.PutOutcome {
    try await bench.products.put(
      bench.skus[0], of: bench.product, name: "Shoe", prices: [bench.market: price],
      salePrices: sales.map { [bench.market: $0] }, tenant: bench.tenant, by: bench.user)
  }

  /// What a piece of open stock is sold for.
  private func price(_ bench: StockBench) async throws -> Money? {
    try await bench.stock.account(
      of: bench.skus[0], scope: .open, in: bench.cell, tenant: bench.tenant)?.price
  }

  @Test func `a price in another currency ends the sale prices of its market`() async throws {
    try await StockBench.run { bench in
      let dollars = Money(amount: 15_900, currency: .dollar)
      let won = Money(amount: 200_000, currency: .won)
      _ = try await put(bench, dollars, sales: [sale])
      #expect(try await price(bench) == Money(amount: 12_900, currency: .dollar))
      // In the same one they stay.
      _ = try await put(bench, Money(amount: 16_900, currency: .dollar))
      #expect(try await price(bench) == Money(amount: 12_900, currency: .dollar))
      _ = try await put(bench, won)
      #expect(try await price(bench) == won)
      // New ones may come with it.
      _ = try await put(bench, dollars, sales: [sale])
      #expect(try await price(bench) == Money(amount: 12_900, currency: .dollar))
      #expect(try await LedgerAudit(pool: bench.pool).catalogFaults().mischarged == 0)
    }
  }
}
