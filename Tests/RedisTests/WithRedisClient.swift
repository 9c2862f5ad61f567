import EventLoop
import Redis
import TestSupport

/// Runs `body` on a new event loop with a client that is ready.
func withRedisClient<Result: Sendable>(
  _ configuration: RedisConfiguration,
  _ body: @escaping @Sendable (RedisClient) async throws -> Result
) async throws -> Result {
  try await withEventLoop { loop in
    let client = RedisClient(configuration: configuration, loop: loop, name: "test")
    client.start()
    defer { client.close() }
    try await client.whenReady(deadline: .seconds(60))
    return try await body(client)
  }
}

/// Waits on the loop until `condition` holds; false when it does not within a minute.
func poll(on loop: EventLoop, until condition: () -> Bool) async -> Bool {
  let deadline = loop.milliseconds + 60_000
  while !condition() {
    if loop.milliseconds > deadline { return false }
    await loop.sleep(for: .milliseconds(1))
  }
  return true
}

/// The error that `body` throws.
func redisError(_ body: () async throws -> Void) async -> RedisError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? RedisError
  }
}
