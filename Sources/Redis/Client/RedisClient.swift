public import EventLoop
public import Telemetry

/// A client of one Redis server on one event loop, over one pipelined connection. Loop-confined.
///
/// It connects after ``start()``, and again for ever whenever the connection breaks, until
/// ``close()``. Calls are never repeated by themselves: one that was pending when the connection
/// broke fails as ``RedisError/disconnected``, although it may have run. Calls made while there is
/// no connection fail at once, so that callers can shed load early.
public final class RedisClient {
  public enum State: Sendable, Equatable {
    /// Not started.
    case idle
    /// Connecting, signing in, or pausing before the next attempt.
    case connecting
    case ready
    case closed
  }

  public let configuration: RedisConfiguration
  public let loop: EventLoop
  /// The name that the connection carries in `CLIENT LIST`.
  public let name: String

  public private(set) var state = State.idle
  /// The server's `run_id`, read whenever a connection is made: new after each restart of the
  /// server. `nil` while there is no connection.
  public private(set) var runID: String?
  /// Why the last connection or attempt failed, for logs and health reports.
  public private(set) var lastFailure: String?
  /// Called after each change of ``state``.
  public var onStateChange: ((State) -> Void)?

  private let logger: Logger
  let metrics: RedisMetrics
  private(set) var connection: RedisConnection?
  private var supervisor: Task<Void, Never>?
  private var connectionEnd: CheckedContinuation<Void, Never>?
  private let waiters = ReadinessWaiters()

  /// Makes a client; nothing happens until ``start()``.
  ///
  /// - Parameters:
  ///   - name: for `CLIENT LIST`, the log and the metrics; clients of one name count together.
  ///   - metrics: `nil` to count nothing.
  public init(
    configuration: RedisConfiguration, loop: EventLoop, name: String = "spillway",
    logger: Logger = Logger(label: "redis", sink: .none), metrics: MetricsRegistry? = nil
  ) {
    self.configuration = configuration
    self.loop = loop
    self.name = name
    self.logger = logger.with([("client", .string(name)), ("server", .string("\(configuration)"))])
    self.metrics = RedisMetrics(metrics, client: name)
  }

  /// Calls that wait for replies.
  public var pendingCount: Int { connection?.pendingCount ?? 0 }

  // MARK: Life

  /// Begins to connect. Call ``close()`` before letting go of the client.
  public func start() {
    loop.assertCurrent()
    guard state == .idle else { return }
    change(to: .connecting)
    supervisor = loop.spawn { await self.keepConnected() }
  }

  /// Ends the connection for good; pending calls fail as disconnected.
  public func close() {
    loop.assertCurrent()
    guard state != .closed else { return }
    change(to: .closed)
    supervisor?.cancel()
    supervisor = nil
    let connection = connection
    connectionEnded()
    connection?.close()
    waiters.resumeAll(.disconnected)
  }

  /// Returns once the client is ready.
  ///
  /// - Throws: `.timedOut` after `deadline`, `.disconnected` if the client is closed, `.cancelled`
  ///   if the task is.
  public func whenReady(deadline: Duration) async throws(RedisError) {
    if state == .ready { return }
    if state == .closed { throw .disconnected }
    try await waiters.wait(on: loop, deadline: deadline)
  }

  private func keepConnected() async {
    var backoff = ReconnectBackoff()
    var generator = SystemRandomNumberGenerator()
    while state != .closed {
      do throws(RedisConnectFailure) {
        let (connection, server) = try await RedisHandshake.connect(
          configuration, name: name, loop: loop, metrics: metrics)
        if await serve(connection, server) { backoff.reset() }
      } catch {
        connectFailed(error.description)
      }
      guard state != .closed else { return }
      change(to: .connecting)
      await loop.sleep(for: backoff.next(using: &generator))
      metrics.reconnected()
    }
  }

  /// Uses `connection` until it ends; false if the client was closed meanwhile.
  private func serve(_ connection: RedisConnection, _ server: RedisHandshake.Server) async -> Bool {
    guard state != .closed, !connection.isClosed else {
      connection.close()
      return false
    }
    self.connection = connection
    runID = server.runID
    connection.onFailure = { [weak self] error in
      self?.lastFailure = error.description
      self?.logger.warning("lost the connection to Redis", [("reason", .string("\(error)"))])
      self?.connectionEnded()
    }
    logger.info("connected to Redis", [("run_id", .string(server.runID))])
    await withCheckedContinuation { continuation in
      connectionEnd = continuation
      change(to: .ready)
      waiters.resumeAll(nil)
    }
    return true
  }

  private func connectFailed(_ reason: String) {
    // Once per reason: a server that stays away must not fill the log.
    if lastFailure != reason, state != .closed {
      logger.warning("cannot connect to Redis; trying on", [("reason", .string(reason))])
    }
    lastFailure = reason
  }

  private func connectionEnded() {
    connection = nil
    runID = nil
    if state == .ready { change(to: .connecting) }
    connectionEnd?.resume()
    connectionEnd = nil
  }

  private func change(to next: State) {
    guard state != next else { return }
    state = next
    onStateChange?(next)
  }
}
