import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Sweepers run several times a second, over tables of millions: they read what is due, not the rest.
@Suite struct SweeperReadTests {
  private static let future = "date_trunc('milliseconds', now()) + interval '1 day'"

  @Test(arguments: [
    (
      "orders",
      """
      insert into spillway.orders
      select (jsonb_populate_record(o.orders, jsonb_build_object('order_id', spillway.new_id(),
          'idempotency_digest', null, 'reserved_until', \(future)))).*
        from (select orders from spillway.orders limit 1) o cross join generate_series(1, 5000)
      """, "select spillway.cancel_overdue_orders(100)"
    ),
    (
      "order_deadlines",
      """
      insert into spillway.order_deadlines (tenant_id, cell, deadline, order_ids)
      select 'demo', 'demo.kr', \(future), array[spillway.new_id()] from generate_series(1, 5000)
      """, "select spillway.cancel_overdue_orders(100)"
    ),
    (
      "wallet_accounts",
      """
      insert into spillway.wallet_accounts (tenant_id, role, owner, unit, balance, next_expiry)
      select 'demo', 'user', 'u' || g, 'KRW', 1, \(future) from generate_series(1, 5000) g
      """, "select spillway.expire_lots(100)"
    ),
    (
      "wallet_holds",
      """
      insert into spillway.wallet_holds (tenant_id, hold_id, account_id, amount, reason, actor,
        created_at, expires_at)
      select 'demo', spillway.new_id(), g, 1, 'trip', 'clerk', now(), \(future)
        from generate_series(1, 5000) g
      """, "select spillway.expire_holds(100)"
    ),
    (
      "cell_commands",
      """
      insert into spillway.cell_commands (cell, kind, subject, applied_at)
      select 'demo.kr', 'order.commit', gen_random_uuid(), now() from generate_series(1, 5000)
      """, "select spillway.forget_commands(60000, 100)"
    ),
  ])
  func `what is not due is not read`(table: String, filling: String, sweep: String) async throws {
    try await StockBench.run { bench in
      _ = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      _ = try await bench.pool.query(Statement(unprepared: filling))
      _ = try await bench.pool.query(Statement(unprepared: "analyze spillway.\(table)"))
      let read: Int = try await bench.pool.transaction { transaction in
        let before = try await rowsRead(table, transaction)
        _ = try await transaction.query(Statement(unprepared: sweep))
        return try await rowsRead(table, transaction) - before
      }
      #expect(read <= 200)
    }
  }

  @Test func `wallets that were emptied before their lots expired are read once`() async throws {
    try await StockBench.run { bench in
      _ = try await bench.pool.query(
        """
        insert into spillway.wallet_accounts (tenant_id, role, owner, unit, next_expiry)
        select 'demo', 'user', 'u' || g, 'KRW', now() from generate_series(1, 500) g
        """)
      for _ in 0..<5 { _ = try await bench.wallets.expireLots(limit: 200) }
      let due = try await bench.pool.query(
        "select 1 from spillway.wallet_accounts where next_expiry <= now()")
      #expect(due.isEmpty)
    }
  }

  /// Rows of a table that the transaction has read so far.
  private func rowsRead(_ table: String, _ transaction: PostgresTransaction) async throws -> Int {
    try await transaction.query(
      """
      select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
        from pg_stat_xact_user_tables where schemaname = 'spillway' and relname = $1
      """, [.text(table)])[0].decode(0)
  }
}
