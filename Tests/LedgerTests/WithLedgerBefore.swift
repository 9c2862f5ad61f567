import EventLoop
import Postgres
import TestSupport

@testable import Ledger

/// Runs `body` on a loop with a database as it was before the migration of a name. What has come since is applied
/// by `Migrator().run(on:)`.
func withLedger(
  before migration: String, _ body: @escaping @Sendable (PostgresPool) async throws -> Void
) async throws {
  let database = try await SharedServers.database()
  try await withEventLoop { loop in
    let pool = PostgresPool(configuration: try .patient(url: database), loop: loop)
    defer { pool.close() }
    try await pool.whenReady(deadline: .seconds(60))
    let older = Migration.embedded.prefix { $0.name != migration }
    precondition(older.count < Migration.embedded.count, "no migration is named \(migration)")
    _ = try await Migrator(migrations: Array(older)).run(on: pool)
    try await body(pool)
  }
}
