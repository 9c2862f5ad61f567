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

  let onEvent: @Sendable (Event) -> Void
  let state = Mutex(State())

  struct State {
    var lock: DirectoryLock?
    var isStopping = false
    var restarts: [Server: Restart] = [:]
  }

  /// The two servers, by the names that events carry.
  enum Server: String {
    case redis, postgres
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
    try File.makeDirectories(directory, leafMode: 0o700)
    let lock = try DirectoryLock(directory: directory)
    state.withLock { state in
      state.lock = lock
      state.isStopping = false
    }
    // Watched from the first moment: one may die while the other still starts.
    watch(.redis)
    watch(.postgres)
    async let redisStart = Self.outcome(redis.start)
    let postgresStart = await Self.outcome(postgres.start)
    if let failure = await redisStart ?? postgresStart {
      await stop()
      throw failure
    }
  }

  /// Stops both servers in order and gives up the folder.
  public func stop(deadline: Duration = .seconds(20)) async {
    let restarts = state.withLock { state in
      state.isStopping = true
      defer { state.restarts = [:] }
      return state.restarts.values.map(\.task)
    }
    for restart in restarts { restart.cancel() }
    // Once to end a restart that is under way, once more if one had just begun.
    await stopBoth(deadline)
    for restart in restarts { await restart.value }
    await stopBoth(deadline)
    state.withLock { $0.lock = nil }
  }

  private func stopBoth(_ deadline: Duration) async {
    async let redisStop: Void = redis.stop(deadline: deadline)
    await postgres.stop(deadline: deadline)
    await redisStop
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
}
