internal import EventLoop
internal import Postgres
internal import Redis
internal import Telemetry

/// Runs one piece of work on a loop of its own, with connections that end with it.
enum OneShot {
  /// How long a dependency may take to be there.
  static let connectDeadline = Duration.seconds(30)

  /// A server was not there in time.
  struct Unreachable: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs `body` once Postgres is there. `logger` tells at once why it is waited for.
  static func run<Result: Sendable>(
    database: PostgresConfiguration, logger: Logger,
    _ body: @escaping @Sendable (PostgresPool) async throws -> Result
  ) async throws -> Result {
    let loop = EventLoop.start(name: "work")
    defer { loop.stop() }
    return try await loop.submit {
      let pool = PostgresPool(configuration: database, loop: loop, logger: logger)
      pool.start()
      defer { pool.close() }
      do {
        try await pool.whenReady(deadline: connectDeadline)
      } catch {
        throw Unreachable(description: "no connection to Postgres at \(database.address): \(error)")
      }
      return try await body(pool)
    }
  }

  /// Runs `body` once both Redis and Postgres are there.
  static func run<Result: Sendable>(
    redis: RedisConfiguration, database: PostgresConfiguration, logger: Logger,
    _ body: @escaping @Sendable (RedisRouter, PostgresPool) async throws -> Result
  ) async throws -> Result {
    try await run(database: database, logger: logger) { pool in
      let router = RedisRouter(
        configuration: redis, loop: pool.loop, name: "spillway-work", logger: logger)
      router.start()
      defer { router.close() }
      do {
        try await router.whenReady(deadline: connectDeadline)
      } catch {
        let reason = router.lastFailure ?? "\(error)"
        throw Unreachable(description: "no connection to Redis at \(redis): \(reason)")
      }
      return try await body(router, pool)
    }
  }
}
