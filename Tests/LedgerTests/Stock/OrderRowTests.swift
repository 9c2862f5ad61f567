import Postgres
import Testing

@testable import Ledger

/// What the database itself refuses in a row of the orders.
@Suite struct OrderRowTests {
  private func isRefused(_ change: String, _ bench: StockBench) async throws -> Bool {
    do {
      _ = try await bench.pool.query(Statement(unprepared: change))
      return false
    } catch {
      guard error.sqlState?.hasPrefix("23") == true else { throw error }
      return true
    }
  }

  private static func insertion(_ lines: String) -> String {
    """
    insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency,
      subtotal, total, reserved_until, created_at, skus, quantities, unit_prices, terms)
    values ('demo', gen_random_uuid(), 'demo.kr', spillway.open_scope(), 'ann', 'KR', 'KRW',
      100, 100, now(), now(), \(lines))
    """
  }

  @Test(arguments: [
    "skus = '{}'", "quantities = '{2}'", "unit_prices = '{1}'", "terms = 'other'",
    "status = 'SHIPPED'", "status = 'PAID'", "status = 'FULFILLED'", "status = 'REFUNDED'",
    "status = 'CANCELLED'", "cancelled_at = now()", "status = 'CANCELLED', paid_at = now()",
    "status = 'PAID', paid_at = now(), cancelled_at = now()",
    "discount = -1, total = total + 1", "total = total + 1",
  ])
  func `an order is not changed into what no order is`(change: String) async throws {
    try await StockBench.run { bench in
      _ = try await bench.apply(
        bench.facts([StockBench.Order(lines: [("A", 1, 100)])]), from: 0, to: 5)
      #expect(try await isRefused("update spillway.orders set \(change)", bench))
      #expect(
        try await !isRefused(
          "update spillway.orders set status = 'CANCELLED', cancelled_at = now(), reason = 'test'",
          bench))
    }
  }

  @Test(arguments: [
    "'{A}', '{1,1}', '{100}', '-'", "'{A,B}', '{1}', '{100}', '-'", "'{A}', '{1}', '{}', '-'",
    "'{A}', '{0}', '{100}', '-'", "'{A}', '{-1}', '{100}', '-'", "'{A}', '{1}', '{-100}', '-'",
    "'{A}', '{1}', '{100}', ''", "'{A}', '{1}', '{100}', repeat('x', 241)",
  ])
  func `an order is not made with lines or terms that are none`(lines: String) async throws {
    try await StockBench.run { bench in
      let isFalseRefused = try await isRefused(Self.insertion(lines), bench)
      let isTrueRefused = try await isRefused(Self.insertion("'{A}', '{1}', '{100}', '-'"), bench)
      #expect(isFalseRefused && !isTrueRefused)
    }
  }
}
