import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// The count of what is popular, beside those who change the lists.
@Suite struct PopularityCountTests {
  private func popularity(_ bench: StockBench) async throws -> [Identifier: Int] {
    let rows = try await bench.pool.query(
      "select product_id, popularity from spillway.product_listings")
    var found: [Identifier: Int] = [:]
    for row in rows {
      let product = Identifier(try row.decode(0, as: PostgresUUID.self))
      found[product] = try row.decode(1, as: Int.self)
    }
    return found
  }

  @Test func `a listing that somebody refreshes is left to the next count`() async throws {
    try await StockBench.run { bench in
      let store = CatalogStore(pool: bench.pool)
      let (held, free) = (bench.product, Identifier.random)
      _ = try await bench.products.insert(free, name: "Bag", of: bench.tenant, by: bench.user)
      _ = try await bench.products.put(
        SKU("D")!, of: free, name: "Bag",
        prices: [bench.market: Money(amount: 100, currency: .won)], tenant: bench.tenant,
        by: bench.user)
      #expect(try await popularity(bench) == [held: 0, free: 0])
      let counts = [(product: free, pieces: 5), (product: held, pieces: 5)]
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select from spillway.product_listings where product_id = $1 for no key update",
          [.uuid(held.uuid)])
        let changed = try await store.setPopularity(counts, in: bench.market, of: bench.tenant)
        #expect(changed == 1)
      }
      #expect(try await popularity(bench) == [held: 0, free: 5])
      let changed = try await store.setPopularity(counts, in: bench.market, of: bench.tenant)
      #expect(changed == 1)
      #expect(try await popularity(bench) == [held: 5, free: 5])
      // What was popular once, and is no more, while somebody refreshes it.
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select from spillway.product_listings where product_id = $1 for no key update",
          [.uuid(held.uuid)])
        #expect(try await store.setPopularity([], in: bench.market, of: bench.tenant) == 1)
      }
      #expect(try await store.setPopularity([], in: bench.market, of: bench.tenant) == 1)
      #expect(try await popularity(bench) == [held: 0, free: 0])
    }
  }
}
