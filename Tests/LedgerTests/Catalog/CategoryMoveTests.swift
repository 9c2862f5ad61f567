import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Categories that are moved together with all that is a part of them.
@Suite struct CategoryMoveTests {
  private func put(
    _ bench: StockBench, _ slug: String, in parent: String?, isNew: Bool = true
  ) async throws -> CatalogStore.CategoryOutcome {
    try await CatalogStore(pool: bench.pool).put(
      CategorySlug(slug)!, .init(parent: .some(parent.map { CategorySlug($0)! })), isNew: isNew,
      of: bench.tenant)
  }

  /// Adds categories one in the other, and returns their slugs from the top down.
  private func line(_ bench: StockBench, _ letter: String, levels: Int) async throws -> [String] {
    let slugs = (1...levels).map { "\(letter)\($0)" }
    for (place, slug) in slugs.enumerated() {
      #expect(try await put(bench, slug, in: place == 0 ? nil : slugs[place - 1]) == .put)
    }
    return slugs
  }

  /// Puts the bench's product into a category.
  private func file(_ bench: StockBench, in slug: String) async throws {
    _ = try await bench.products.put(
      bench.product, .init(categories: [CategorySlug(slug)!]), isNew: false, of: bench.tenant,
      by: bench.user)
  }

  private func misplaced(_ bench: StockBench) async throws -> Int {
    try await LedgerAudit(pool: bench.pool).catalogFaults().misplaced
  }

  @Test func `a category takes none of its parts below the deepest level`() async throws {
    try await StockBench.run { bench in
      let depth = Category.Bounds.depth
      let upper = try await line(bench, "u", levels: depth - 2)
      let lower = try await line(bench, "l", levels: 3)
      try await file(bench, in: lower[2])
      #expect(try await put(bench, lower[0], in: upper.last, isNew: false) == .parent)
      #expect(try await put(bench, lower[0], in: upper[depth - 4], isNew: false) == .put)
      #expect(try await misplaced(bench) == 0)
      // Where it stays it may be, and it may go up.
      #expect(try await put(bench, lower[0], in: upper[depth - 4], isNew: false) == .put)
      #expect(try await put(bench, lower[0], in: nil, isNew: false) == .put)
      let tree = try await CatalogStore(pool: bench.pool).categories(of: bench.tenant)
      #expect(tree.line(of: CategorySlug(lower[2])!).count == 3)
    }
  }

  @Test func `a product that comes into a category while that is moved is listed where it is`()
    async throws
  {
    try await StockBench.run { bench in
      for slug in ["shoes", "bags"] { #expect(try await put(bench, slug, in: nil) == .put) }
      #expect(try await put(bench, "trail", in: "shoes") == .put)
      var outcome: CatalogStore.CategoryOutcome?
      let mover = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select spillway.put_product($1, $2, false, 'clerk', null, null, '{}', '{}', '{}', '{trail}')",
          [.text(bench.tenant.description), .uuid(bench.product.uuid)])
        let mover = bench.pool.loop.spawn {
          outcome = try? await put(bench, "trail", in: "bags", isNew: false)
        }
        try await eventually("that it is moved, or waits") {
          if outcome != nil { return true }
          return try await !bench.pool.query(
            """
            select 1 from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'
            """
          ).isEmpty
        }
        return mover
      }
      await mover.value
      #expect(outcome == .put)
      #expect(try await misplaced(bench) == 0)
    }
  }
}
