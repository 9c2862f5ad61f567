import EventLoop
import Postgres
import TestSupport

/// Runs `body` on a loop with a pool on an empty database of the shared server.
func withPool<Result: Sendable>(
  _ configure: @escaping @Sendable (inout PostgresConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (PostgresPool) async throws -> Result
) async throws -> Result {
  try await withPool(url: try await SharedServers.database(), configure, body)
}

/// Runs `body` on a loop with a pool on the server that `url` names.
func withPool<Result: Sendable>(
  url: String, _ configure: @escaping @Sendable (inout PostgresConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (PostgresPool) async throws -> Result
) async throws -> Result {
  var configuration = try PostgresConfiguration(url: url)
  // More than a machine stands still; how long statements may take is a subject of these tests.
  configuration.waitTimeout = .seconds(20)
  configuration.abandonedLimit = .seconds(60)
  configure(&configuration)
  return try await withEventLoop { [configuration] loop in
    let pool = PostgresPool(configuration: configuration, loop: loop)
    defer { pool.close() }
    try await pool.whenReady(deadline: .seconds(60))
    return try await body(pool)
  }
}

/// The error that `body` ends with, if it is one of Postgres.
func failure(_ body: () async throws -> Void) async throws -> PostgresError? {
  do {
    try await body()
    return nil
  } catch let error as PostgresError {
    return error
  }
}
