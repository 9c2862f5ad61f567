public import EventLoop
public import Telemetry

/// A client of one Redis server on one event loop, over one pipelined connection. Loop-confined.
///
/// It connects after ``start()``, and again for ever whenever the connection breaks, until
/// ``close()``. Calls are never repeated by themselves: one that was pending when the connection
/// broke fails as ``RedisError/disconnected``, although it may have run. Calls made while there is
/// no connection fail at once, so that callers can shed load early.
///
/// A client that a ``RedisRouter`` hands out belongs to a key rather than to a server: when another
/// server answers for the key, the client leads there from then on, as if it had reconnected.
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

  public let configuration: RedisConfiguration
  public let loop: EventLoop
  public let name: String

  /// The way to the server; `nil` while it is not known which server that is.
  @exclusivity(unchecked) private(set) var link: RedisLink?
  /// Whether the link is this client's own, to be started and closed with it.
  private var ownsLink: Bool
  /// Knows where a key leads when its server refuses it; `nil` for a client of one server.
  weak var redirector: (any Redirector)?
  private var isClosed = false
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
    precondition(configuration.deployment == .server, "a RedisRouter finds the servers")
    self.configuration = configuration
    self.loop = loop
    self.name = name
    ownsLink = true
    let link = RedisLink(
      configuration: configuration, loop: loop, name: name, logger: logger, metrics: metrics)
    self.link = link
    link.onStateChange = { [weak self] state in self?.stateChanged(state) }
  }

  /// Makes a client that leads nowhere until ``lead(over:owned:)``.
  init(unlinked configuration: RedisConfiguration, loop: EventLoop, name: String) {
    self.configuration = configuration
    self.loop = loop
    self.name = name
    ownsLink = false
  }

  public var state: State {
    if isClosed { return .closed }
    guard let link else { return .connecting }
    return link.state == .closed ? .connecting : link.state
  }

  /// The server's `run_id`, read whenever a connection is made: new after each restart of the
  /// server. `nil` while there is no connection.
  public var runID: String? { link?.server?.runID }

  /// Where the server is; `nil` while it is not known.
  public var address: SocketAddress? { link?.configuration.address }

  /// Why the last connection or attempt failed, for logs and health reports.
  public var lastFailure: String? { link?.lastFailure }

  /// Calls that wait for replies, those included whose callers have given up.
  public var pendingCount: Int { link?.connection?.pendingCount ?? 0 }

  /// Begins to connect. Call ``close()`` before letting go of the client.
  public func start() { if ownsLink { link?.start() } }

  /// Ends the connection for good; pending calls fail as disconnected. A client that shares its
  /// connection only leaves it.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    let ending = link
    link = nil
    // Told first: a completion that calls again must find the client closed.
    stateChanged(.closed)
    if ownsLink {
      ending?.onStateChange = nil
      ending?.close()
    }
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

  /// Has the client lead over `next` from now on; an owned link before it is closed.
  func lead(over next: RedisLink?, owned: Bool) {
    guard !isClosed, link !== next else { return }
    let before = state
    let ending = ownsLink ? link : nil
    link = nil
    // Whoever goes by the server's identity must not take the next one for the last.
    if before == .ready { stateChanged(.connecting) }
    ending?.onStateChange = nil
    ending?.close()
    guard !isClosed else { return }
    link = next
    ownsLink = owned
    if owned { next?.onStateChange = { [weak self] state in self?.stateChanged(state) } }
    if state == .ready { stateChanged(.ready) }
  }

  /// Takes a change of the link's state.
  func stateChanged(_ state: State) {
    onStateChange?(state)
    switch state {
    case .ready: waiters.resumeAll(nil)
    case .closed: waiters.resumeAll(.disconnected)
    case .idle, .connecting: break
    }
  }
}
