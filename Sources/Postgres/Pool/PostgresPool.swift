public import EventLoop
public import Telemetry

/// The Postgres connections of one event loop. Loop-confined.
///
/// Single statements share connections and are pipelined on them; a transaction has a connection to
/// itself. Callers wait in order of arrival, for a bounded time and in bounded number. Lost
/// connections are replaced for ever, with growing pauses.
public final class PostgresPool {
  /// How the pool stands.
  public enum State: Sendable, Equatable {
    /// Not started, or no connection yet.
    case connecting
    /// At least one connection is open.
    case ready
    /// The last attempt to connect failed, for the reason given; the next one follows.
    case unavailable(String)
    case closed
  }

  public let loop: EventLoop
  public let configuration: PostgresConfiguration
  /// The name that the pool has in the log and the metrics.
  public let name: String

  /// How the pool stands now.
  public internal(set) var state = State.connecting {
    didSet { if state != oldValue { stateChanged() } }
  }
  private var hasFailed = false
  /// Called on each change of ``state``.
  public var onStateChange: ((State) -> Void)?

  /// Open connections that single statements may use.
  var shared: [PostgresConnection] = []
  /// Connections that a transaction has to itself.
  var leased: [PostgresConnection] = []
  /// Connections that are being opened.
  var opening: [PostgresConnection] = []
  var waiters = Queue<PoolWaiter>()
  var readyWaiters: [PoolReadyWaiter] = []
  var backoff = Backoff()
  var retryTimer: EventLoopTimer?
  var sweepTimer: EventLoopTimer?
  var isSweeping = false
  /// When time-outs were looked for last, in the loop's milliseconds.
  var sweptAt: UInt64 = 0
  var hasSkippedSweep = false

  let logger: Logger
  let metrics: PostgresMetrics

  /// Makes a pool that connects once ``start()`` is called.
  ///
  /// - Parameters:
  ///   - name: for the log and the metrics; pools of one name count together.
  ///   - metrics: `nil` to count nothing.
  public init(
    configuration: PostgresConfiguration, loop: EventLoop, name: String = "spillway",
    logger: Logger = Logger(label: "postgres", sink: .none), metrics: MetricsRegistry? = nil
  ) {
    self.configuration = configuration
    self.loop = loop
    self.name = name
    self.logger = logger.with([
      ("client", .string(name)), ("server", .string(configuration.address)),
    ])
    self.metrics = PostgresMetrics(metrics, client: name)
  }

  /// Open connections.
  public var openConnections: Int { shared.count + leased.count }
  /// Callers that wait for a connection.
  public var waiting: Int { waiters.count }
  /// Statements that are running, and transactions that are open.
  public var busy: Int { shared.reduce(leased.count) { $0 + $1.load } }

  private func stateChanged() {
    switch state {
    case .ready:
      // An ordinary start is no news; the end of a failure is.
      if hasFailed {
        logger.info("connected to Postgres")
      } else {
        logger.debug("connected to Postgres")
      }
    case .unavailable(let reason):
      hasFailed = true
      logger.warning("cannot connect to Postgres; trying on", [("reason", .string(reason))])
    case .connecting, .closed: break
    }
    onStateChange?(state)
  }

  /// Brings the gauges up to date.
  func tellMetrics() {
    metrics.tell(open: openConnections, busy: busy, waiting: waiting)
  }

  /// Begins to connect, and goes on trying until ``close()``.
  public func start() {
    loop.assertCurrent()
    guard state != .closed else { return }
    // Requests may have begun more connections than the minimum already.
    let missing = max(1, configuration.minimumConnections) - openConnections - opening.count
    for _ in 0..<max(0, missing) { open() }
  }

  /// Closes all connections; what runs or waits fails.
  public func close() {
    loop.assertCurrent()
    guard state != .closed else { return }
    state = .closed
    retryTimer?.cancel()
    sweepTimer?.cancel()
    let error = PostgresError.connection(message: "the pool was closed", mayHaveRun: false)
    while let waiter = waiters.popFirst() { waiter.refuse(error) }
    for waiter in readyWaiters { waiter.finish(error) }
    readyWaiters = []
    for connection in shared + leased + opening { connection.close() }
    shared = []
    leased = []
    opening = []
    tellMetrics()
  }

  /// What a caller learns when it has waited in vain.
  var unavailability: PostgresError {
    switch state {
    case .unavailable(let message): .connection(message: message, mayHaveRun: false)
    case .closed: .connection(message: "the pool was closed", mayHaveRun: false)
    case .connecting, .ready: .timedOut
    }
  }
}
