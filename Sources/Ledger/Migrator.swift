public import Postgres

/// Brings a database's schema forward, one migration a transaction.
///
/// Migrators that run at once on one database take turns, by an advisory lock.
public struct Migrator: Sendable {
  /// The lock's number: "spillway" in ASCII.
  static let lock: Int64 = 0x7370_696C_6C77_6179
  /// How often a migration is tried that could not have its locks because of a transaction at work.
  static let maximumAttempts = 5

  /// The history to apply, in order.
  public let migrations: [Migration]
  /// The longest that one migration, or the wait for another migrator, may take.
  public let timeout: Duration

  public init(
    migrations: [Migration] = Migration.embedded, timeout: Duration = .seconds(600)
  ) {
    self.migrations = migrations
    self.timeout = timeout
  }

  /// Applies what the database lacks and returns it.
  ///
  /// - Throws: `MigrationError`, or `PostgresError` when the database cannot be reached.
  public func run(on pool: PostgresPool) async throws -> [Migration] {
    try Self.checkOrder(migrations)
    try await createTable(pool)
    var applied: [Migration] = []
    // The lock ends with each transaction, so the history is read anew each time.
    while let migration = try await applyNextAgain(pool) { applied.append(migration) }
    return applied
  }

  /// Tries anew when the migration was the one to give way in a deadlock: nothing of it was done.
  private func applyNextAgain(_ pool: PostgresPool) async throws -> Migration? {
    for _ in 1..<Self.maximumAttempts {
      do {
        return try await applyNext(pool)
      } catch MigrationError.failed(_, let error) where error.isConflict {
        continue
      }
    }
    return try await applyNext(pool)
  }

  /// What ``run(on:)`` would apply now. Changes nothing.
  ///
  /// - Throws: like ``run(on:)``.
  public func pending(on pool: PostgresPool) async throws -> [Migration] {
    try Self.checkOrder(migrations)
    let hasTable: Bool = try await pool.query(
      "select to_regclass('spillway.schema_migrations') is not null")[0].decode(0)
    guard hasTable else { return migrations }
    return try await pool.transaction(.snapshot) { transaction in
      try await pending(transaction)
    }
  }

  private func createTable(_ pool: PostgresPool) async throws {
    try await pool.transaction { transaction in
      try await takeLock(transaction)
      try await transaction.execute(script: Self.table, timeout: timeout)
    }
  }

  private static let table = """
    create schema if not exists spillway;
    create table if not exists spillway.schema_migrations (
      number integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default clock_timestamp()
    );
    """

  private func takeLock(_ transaction: PostgresTransaction) async throws {
    _ = try await transaction.query(
      "select pg_advisory_xact_lock($1)", [.int8(Self.lock)], timeout: timeout)
  }

  private func applyNext(_ pool: PostgresPool) async throws -> Migration? {
    try await pool.transaction { transaction in
      try await takeLock(transaction)
      guard let migration = try await pending(transaction).first else { return nil }
      do throws(PostgresError) {
        try await transaction.execute(script: migration.sql, timeout: timeout)
        _ = try await transaction.query(
          """
          insert into spillway.schema_migrations (number, name, checksum)
          values ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
          """,
          [.int4(Int32(migration.number)), .text(migration.name), .text(migration.sql)])
      } catch {
        throw MigrationError.failed(title: migration.title, error)
      }
      return migration
    }
  }

  private func pending(_ transaction: PostgresTransaction) async throws -> [Migration] {
    let rows = try await transaction.query(
      """
      select number, name, checksum = encode(sha256(convert_to(sql, 'UTF8')), 'hex') as is_same
      from spillway.schema_migrations
      left join unnest($1::bigint[], $2::text[]) as known (number, sql) using (number)
      order by number
      """, [.array(migrations.map(\.number)), .array(migrations.map(\.sql))])
    let applied = try rows.map { row in
      Applied(
        number: try row.decode("number"), name: try row.decode("name"),
        isSame: try row.decode("is_same", as: Bool?.self) ?? false)
    }
    return try Self.pending(of: migrations, after: applied)
  }
}
