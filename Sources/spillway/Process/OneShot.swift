internal import EventLoop
internal import Postgres
internal import Redis

/// Runs one piece of work on a loop of its own, with connections that end with it.
enum OneShot {
  /// How long a dependency may take to be there.
  static let connectDeadline = Duration.seconds(30)

  static func run<Result: Sendable>(
    database: PostgresConfiguration,
    _ body: @escaping @Sendable (PostgresPool) async throws -> Result
  ) async throws -> Result {
    let loop = EventLoop.start(name: "work")
    defer { loop.stop() }
    return try await loop.submit {
      let pool = PostgresPool(configuration: database, loop: loop)
      pool.start()
      defer { pool.close() }
      try await pool.whenReady(deadline: connectDeadline)
      return try await body(pool)
    }
  }

  static func run<Result: Sendable>(
    redis: RedisConfiguration, database: PostgresConfiguration,
    _ body: @escaping @Sendable (RedisClient, PostgresPool) async throws -> Result
  ) async throws -> Result {
    try await run(database: database) { pool in
      let client = RedisClient(configuration: redis, loop: pool.loop, name: "spillway-work")
      client.start()
      defer { client.close() }
      try await client.whenReady(deadline: connectDeadline)
      return try await body(client, pool)
    }
  }
}

extension ParsedOptions {
  /// The database of the running instance in `--data`, or that of `--database-url`.
  func addressedDatabase() throws(UsageError) -> PostgresConfiguration {
    if text("data") == nil, text("database-url") != nil { return try database() }
    do {
      return try PostgresConfiguration(url: DataFolder.addresses(of: try dataFolder()).database)
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("--data: \(error)")
    }
  }

  /// The Redis of the running instance in `--data`, or that of `--redis-url`.
  func addressedRedis() throws(UsageError) -> RedisConfiguration {
    if text("data") == nil, text("redis-url") != nil { return try redis() }
    do {
      return try RedisConfiguration(url: DataFolder.addresses(of: try dataFolder()).redis)
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("--data: \(error)")
    }
  }
}
