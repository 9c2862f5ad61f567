internal import Synchronization

/// A Redis and a PostgreSQL in one folder that belong to this process.
///
/// The folder is locked first, so a second owner is refused. A server that ends by itself is started
/// again, at first at once and then ever slower.
public final class EmbeddedServers: Sendable {
  /// What happened to a server after the start, for the log.
  public enum Event: Sendable {
    /// A server ended although nobody stopped it.
    case ended(server: String, status: ProcessExit)
    /// A server that had ended runs again.
    case restarted(server: String)
    /// Starting a server again failed; it is tried again after `delay`.
    case restartFailed(server: String, reason: EmbeddedError, delay: Duration)
  }

  /// The folder that holds both.
  public let directory: String
  /// The Redis server, in `redis` below the folder.
  public let redis: RedisServer
  /// The PostgreSQL server, in `postgres` below the folder.
  public let postgres: PostgresServer

  private let onEvent: @Sendable (Event) -> Void
  private let state = Mutex(State())

  private struct State {
    var lock: DirectoryLock?
    var isStopping = false
    var restarts: [Task<Void, Never>] = []
  }

  /// - Parameter onEvent: called on any thread.
  public init(
    directory: String, redis: RedisServer.Options = .init(),
    postgres: PostgresServer.Options = .init(),
    onEvent: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.directory = directory
    self.redis = Self.redis(in: directory, options: redis)
    self.postgres = Self.postgres(in: directory, options: postgres)
    self.onEvent = onEvent
  }

  /// The Redis of the instance in `directory`, for example to learn its URL.
  public static func redis(
    in directory: String, options: RedisServer.Options = .init()
  ) -> RedisServer {
    RedisServer(directory: "\(directory)/redis", options: options)
  }

  /// The PostgreSQL of the instance in `directory`, for example to learn its URL.
  public static func postgres(
    in directory: String, options: PostgresServer.Options = .init()
  ) -> PostgresServer {
    PostgresServer(directory: "\(directory)/postgres", options: options)
  }

  /// Locks the folder, starts both servers and keeps them running.
  ///
  /// - Throws: ``EmbeddedError/folderInUse(folder:owner:)`` if another process owns the folder. When
  ///   one server does not start, neither runs.
  public func start() async throws(EmbeddedError) {
    try File.makeDirectories(directory)
    let lock = try DirectoryLock(directory: directory)
    state.withLock { state in
      state.lock = lock
      state.isStopping = false
    }
    async let redisStart = Self.outcome(redis.start)
    let postgresStart = await Self.outcome(postgres.start)
    if let failure = await redisStart ?? postgresStart {
      await stop()
      throw failure
    }
    redis.onExit = { [weak self] status in
      self?.ended(
        "redis", status,
        start: { server throws(EmbeddedError) in
          try await server.redis.start()
        })
    }
    postgres.onExit = { [weak self] status in
      self?.ended(
        "postgres", status,
        start: { server throws(EmbeddedError) in
          try await server.postgres.start()
        })
    }
  }

  /// Stops both servers in order and gives up the folder.
  public func stop(deadline: Duration = .seconds(20)) async {
    let restarts = state.withLock { state in
      state.isStopping = true
      defer { state.restarts = [] }
      return state.restarts
    }
    for restart in restarts { restart.cancel() }
    for restart in restarts { await restart.value }
    async let redisStop: Void = redis.stop(deadline: deadline)
    await postgres.stop(deadline: deadline)
    await redisStop
    state.withLock { $0.lock = nil }
  }

  private static func outcome(
    _ start: () async throws(EmbeddedError) -> Void
  ) async -> EmbeddedError? {
    do throws(EmbeddedError) {
      try await start()
      return nil
    } catch {
      return error
    }
  }

  // MARK: Restarting

  /// The delay before the first new try after a failed restart; it doubles up to the longest.
  private static let shortestDelay = Duration.milliseconds(100)
  private static let longestDelay = Duration.seconds(5)

  private func ended(
    _ name: String, _ status: ProcessExit,
    start: @escaping @Sendable (EmbeddedServers) async throws(EmbeddedError) -> Void
  ) {
    onEvent(.ended(server: name, status: status))
    state.withLock { state in
      guard !state.isStopping else { return }
      state.restarts.append(Task { await self.restart(name, start) })
    }
  }

  private func restart(
    _ name: String, _ start: @Sendable (EmbeddedServers) async throws(EmbeddedError) -> Void
  ) async {
    var delay = Self.shortestDelay
    while !Task.isCancelled {
      do throws(EmbeddedError) {
        try await start(self)
        onEvent(.restarted(server: name))
        return
      } catch {
        onEvent(.restartFailed(server: name, reason: error, delay: delay))
      }
      try? await Task.sleep(for: delay)
      delay = min(delay * 2, Self.longestDelay)
    }
  }
}
