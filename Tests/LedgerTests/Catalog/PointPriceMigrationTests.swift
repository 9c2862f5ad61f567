import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Prices of a ledger that was written by a version which knew money alone.
@Suite struct PointPriceMigrationTests {
  /// Where a currency stands beside a price.
  private static let tables = ["sku_prices", "sale_items", "stock_accounts"]

  private static func setCurrency(_ table: String, _ currency: String) -> Statement {
    Statement(unprepared: "update spillway.\(table) set currency = '\(currency)' returning 1")
  }

  /// Whether prices of a table may be in `currency`.
  private static func takes(
    _ currency: String, _ table: String, _ pool: PostgresPool
  ) async throws -> Bool {
    do {
      return try await pool.query(setCurrency(table, currency)).count > 0
    } catch  where error.sqlState == "23514" {
      return false
    }
  }

  /// A sale of one of the SKUs that opens much later.
  private func addSale(_ bench: StockBench) async throws {
    let id = Identifier.random
    _ = try await bench.sales.insert(
      Sale(
        id: id, tenant: bench.tenant, market: bench.market,
        cell: CellName.own(by: bench.tenant, sale: id)!, name: "Friday",
        terms: SaleTerms(opensAt: .farAhead, closesAt: .farAhead + .seconds(60)),
        items: [
          SaleItem(
            sku: bench.skus[0], quantity: 1, price: Money(amount: 90, currency: .won),
            perUserLimit: 0)
        ], acknowledgement: .hot), from: bench.cell, by: bench.user)
  }

  @Test func `what was priced in money stays, and may be priced in points from then on`()
    async throws
  {
    try await withLedger(before: "prices_in_points") { pool in
      let bench = StockBench(pool: pool)
      try await bench.fill()
      try await addSale(bench)
      for table in Self.tables {
        #expect(try await !Self.takes("POINT", table, pool), "\(table)")
      }

      let applied = try await Migrator().run(on: pool)
      #expect(applied.first?.name == "prices_in_points")
      let prices = try await pool.query(
        "select currency, amount from spillway.sku_prices order by sku")
      #expect(
        try prices.map { try $0.decode("currency", as: String.self) } == ["KRW", "KRW", "KRW"])
      #expect(try prices.map { try $0.decode("amount", as: Int.self) } == [100, 200, 300])
      for table in Self.tables {
        for refused in ["points", "POINTS", "XPOINT", "krw", "KR", ""] {
          #expect(try await !Self.takes(refused, table, pool), "\(table) \(refused)")
        }
        #expect(try await Self.takes("POINT", table, pool), "\(table)")
        #expect(try await Self.takes("USD", table, pool), "\(table)")
      }
    }
  }

  @Test func `exchange rates are of money alone`() async throws {
    try await StockBench.run { bench in
      for (from, to) in [("POINT", "KRW"), ("KRW", "POINT")] {
        await #expect(throws: PostgresError.self) {
          _ = try await bench.pool.query(
            """
            insert into spillway.exchange_rates (tenant_id, rate_id, from_currency, to_currency,
              numerator, denominator, valid_from, created_by)
            values ('demo', gen_random_uuid(), $1, $2, 1, 1, now(), 'clerk')
            """, [.text(from), .text(to)])
        }
      }
    }
  }
}
