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

  /// Called after each change of ``state``.
  public var onStateChange: ((State) -> Void)?

  let link: RedisLink
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
    link = RedisLink(
      configuration: configuration, loop: loop, name: name, logger: logger, metrics: metrics)
    link.onStateChange = { [weak self] state in self?.stateChanged(state) }
  }

  public var configuration: RedisConfiguration { link.configuration }
  public var loop: EventLoop { link.loop }
  public var name: String { link.name }
  public var state: State { link.state }

  /// The server's `run_id`, read whenever a connection is made: new after each restart of the
  /// server. `nil` while there is no connection.
  public var runID: String? { link.server?.runID }

  /// Why the last connection or attempt failed, for logs and health reports.
  public var lastFailure: String? { link.lastFailure }

  /// Calls that wait for replies, those included whose callers have given up.
  public var pendingCount: Int { link.connection?.pendingCount ?? 0 }

  /// Begins to connect. Call ``close()`` before letting go of the client.
  public func start() { link.start() }

  /// Ends the connection for good; pending calls fail as disconnected.
  public func close() { link.close() }

  /// Returns once the client is ready.
  ///
  /// - Throws: `.timedOut` after `deadline`, `.disconnected` if the client is closed, `.cancelled`
  ///   if the task is.
  public func whenReady(deadline: Duration) async throws(RedisError) {
    if state == .ready { return }
    if state == .closed { throw .disconnected }
    try await waiters.wait(on: loop, deadline: deadline)
  }

  private func stateChanged(_ state: State) {
    onStateChange?(state)
    switch state {
    case .ready: waiters.resumeAll(nil)
    case .closed: waiters.resumeAll(.disconnected)
    case .idle, .connecting: break
    }
  }
}
