public import Embedded

extension RedisServer.Options {
  /// For tests that do not crash servers: nothing waits for the disk.
  public static var fast: Self { Self(fsync: .never) }
}

extension PostgresServer.Options {
  /// For tests that do not crash servers: nothing waits for the disk, little memory.
  public static var fast: Self {
    var options = Self()
    options.fsync = false
    options.sharedBuffers = 32
    options.configuration = ["max_wal_size = 256MB", "min_wal_size = 32MB"]
    return options
  }

  /// ``fast``, with a copy of a cluster that this process made before instead of a new one.
  public static func prepared() async throws -> Self {
    var options = fast
    options.template = try await PostgresTemplate.folder()
    return options
  }
}

/// Runs `body` with a Redis of its own, which is gone afterwards with all its data.
public func withRedis<Result>(
  _ options: RedisServer.Options = .fast, _ body: (RedisServer) async throws -> Result
) async throws -> Result {
  let folder = TestFolder.make("redis")
  let server = RedisServer(directory: "\(folder)/redis", options: options)
  try await server.start()
  do {
    let result = try await body(server)
    await discard(server, folder)
    return result
  } catch {
    await discard(server, folder)
    throw error
  }
}

/// Runs `body` with a PostgreSQL of its own, which is gone afterwards with all its data.
public func withPostgres<Result>(
  _ options: PostgresServer.Options = .fast, _ body: (PostgresServer) async throws -> Result
) async throws -> Result {
  let folder = TestFolder.make("postgres")
  var options = options
  if options.template == nil { options.template = try await PostgresTemplate.folder() }
  let server = PostgresServer(directory: "\(folder)/postgres", options: options)
  try await server.start()
  do {
    let result = try await body(server)
    await discard(server, folder)
    return result
  } catch {
    await discard(server, folder)
    throw error
  }
}

/// Runs `body` with servers of its own, which are gone afterwards with all their data.
public func withServers<Result>(
  redis: RedisServer.Options = .fast, postgres: PostgresServer.Options = .fast,
  _ body: (RedisServer, PostgresServer) async throws -> Result
) async throws -> Result {
  try await withRedis(redis) { redis in
    try await withPostgres(postgres) { postgres in
      try await body(redis, postgres)
    }
  }
}

private func discard(_ server: RedisServer, _ folder: String) async {
  server.kill()
  await server.stop()
  TestFolder.remove(folder)
}

private func discard(_ server: PostgresServer, _ folder: String) async {
  server.kill(signal: 3)
  await server.stop()
  TestFolder.remove(folder)
}
