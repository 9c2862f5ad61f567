import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Wallets of a ledger that was written by an older version.
@Suite struct WalletMigrationTests {
  /// Two wallets with a lot that expired; in ann's it was spent on a hold, and 90 are left that never expire.
  private static let wallets = [
    "insert into spillway.tenants (tenant_id, name) values ('demo', 'Demo')",
    credit("ann", 100, expiring: "null"), credit("ben", 30, expiring: "'2001-01-01'"),
    """
    select * from spillway.place_hold('demo', 'ann', 'KRW', md5('hold')::uuid, 60, 'trip', null, null,
      'clerk')
    """, credit("ann", 50, expiring: "'2001-01-01'"),
    """
    select * from spillway.settle_hold('demo', md5('hold')::uuid, 60, 'revenue', '', spillway.new_id(),
      'clerk')
    """,
  ]

  private static func credit(_ owner: String, _ amount: Int, expiring expiry: String) -> String {
    """
    select * from spillway.post_wallets(true, array['demo'], array['\(owner)'], array['KRW'],
      array[\(amount)]::bigint[], array[\(expiry)]::timestamptz[], array['funding'], array[''],
      array[spillway.new_id()], array['gift'], array[null]::text[], array[null]::text[], array['clerk'],
      array[null]::uuid[], array[null]::uuid[])
    """
  }

  @Test func `what was taken out though it had not expired comes back`() async throws {
    try await withLedger(before: "only_what_expired") { pool in
      for text in Self.wallets { _ = try await pool.query(Statement(unprepared: text)) }
      _ = try await pool.query("select spillway.expire_lots(10)")
      #expect(try await balances(pool) == [0, 0])
      _ = try await Migrator().run(on: pool)
      #expect(try await balances(pool) == [90, 0])
      let faults = try await LedgerAudit(pool: pool).moneyFaults().filter { $0.count > 0 }
      #expect(faults == [])
    }
  }

  @Test func `entries tell the balance that follows from those before them`() async throws {
    try await withLedger(before: "nothing_due") { pool in
      for text in Self.wallets { _ = try await pool.query(Statement(unprepared: text)) }
      _ = try await pool.query("select spillway.expire_lots(10)")
      _ = try await pool.query(Statement(unprepared: Self.credit("ben", 40, expiring: "null")))
      // As if what had expired had still been there.
      for text in Self.misled { _ = try await pool.query(Statement(unprepared: text)) }
      _ = try await Migrator().run(on: pool)
      #expect(try await balances(pool) == [90, 40])
      let faults = try await LedgerAudit(pool: pool).moneyFaults().filter { $0.count > 0 }
      #expect(faults == [])
      await #expect(throws: PostgresError.self) {
        _ = try await pool.query("update spillway.wallet_entries set balance = 0")
      }
    }
  }

  @Test func `a hold that was placed before there were keys and ends is captured as ever`()
    async throws
  {
    try await withLedger(before: "holds_that_end") { pool in
      for text in Self.wallets.prefix(4) {
        _ = try await pool.query(Statement(unprepared: text))
      }
      _ = try await Migrator().run(on: pool)
      let wallets = WalletStore(pool: pool)
      let (ann, demo) = (UserID("ann")!, TenantID("demo")!)
      let holds = try await wallets.holds(
        of: ann, tenant: demo, status: .open, before: nil, limit: 9)
      #expect(holds.map(\.amount) == [60] && holds.map(\.expiresAt) == [nil])
      #expect(try await wallets.expireHolds(limit: 9) == 0)
      let captured = try await wallets.capture(
        nil, of: try #require(holds.first?.id), tenant: demo, to: .revenue,
        as: Identifier(high: 1, low: 1), by: .init("clerk", holdOf: ann))
      #expect(captured == .init(outcome: .settled, balance: 40, status: .captured))
      let faults = try await LedgerAudit(pool: pool).moneyFaults().filter { $0.count > 0 }
      #expect(faults == [])
    }
  }

  private static let misled = [
    "alter table spillway.wallet_entries disable trigger wallet_entries_stay",
    "alter table spillway.wallet_transactions disable trigger wallet_transactions_stay",
    "update spillway.wallet_entries set balance = balance + 30 where amount = 40",
    "update spillway.wallet_transactions set balance_after = balance_after + 30 where balance_after = 40",
    "alter table spillway.wallet_entries enable trigger wallet_entries_stay",
    "alter table spillway.wallet_transactions enable trigger wallet_transactions_stay",
  ]

  private func balances(_ pool: PostgresPool) async throws -> [Int] {
    let rows = try await pool.query(
      "select balance from spillway.wallet_accounts where role = 'user' order by owner")
    return try rows.map { try $0.decode(0) }
  }
}
