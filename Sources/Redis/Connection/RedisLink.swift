internal import EventLoop
internal import Telemetry

/// Keeps one connection to a server for as long as it is wanted. Loop-confined.
///
/// Connects after ``start()``, and again for ever, with pauses, whenever the connection breaks,
/// until ``close()``.
final class RedisLink {
  let configuration: RedisConfiguration
  let loop: EventLoop
  let name: String
  let metrics: RedisMetrics
  private let logger: Logger

  private(set) var state = RedisClient.State.idle
  /// The connection in use; `nil` in all states but `ready`.
  private(set) var connection: RedisConnection?
  private(set) var server: RedisHandshake.Server?
  private(set) var lastFailure: String?
  var onStateChange: ((RedisClient.State) -> Void)?
  /// Called with each error that the server answers to a call.
  var onErrorReply: ((RedisReply) -> Void)?

  private var supervisor: Task<Void, Never>?
  private var connectionEnd: CheckedContinuation<Void, Never>?

  init(
    configuration: RedisConfiguration, loop: EventLoop, name: String, logger: Logger,
    metrics: MetricsRegistry?, isOneOfMany: Bool = false
  ) {
    self.configuration = configuration
    self.loop = loop
    self.name = name
    self.logger = logger.with([("client", .string(name)), ("server", .string("\(configuration)"))])
    self.metrics = RedisMetrics(
      metrics, client: name, server: isOneOfMany ? "\(configuration.address)" : nil)
  }

  func start() {
    loop.assertCurrent()
    guard state == .idle else { return }
    change(to: .connecting)
    supervisor = loop.spawn { await self.keepConnected() }
  }

  func close() {
    loop.assertCurrent()
    guard state != .closed else { return }
    let ending = connection
    connection = nil
    server = nil
    change(to: .closed)
    supervisor?.cancel()
    supervisor = nil
    ending?.close()
    connectionEnd?.resume()
    connectionEnd = nil
  }

  private func keepConnected() async {
    var backoff = ReconnectBackoff()
    var generator = SystemRandomNumberGenerator()
    while true {
      do throws(RedisConnectFailure) {
        let (connection, server) = try await RedisHandshake.connect(
          configuration, name: name, loop: loop, metrics: metrics)
        await use(connection, server)
        // A server that lets us in only to refuse us is as good as one that is away.
        if connection.hasServed { backoff.reset() }
      } catch {
        connectFailed(error.description)
      }
      guard state != .closed else { return }
      await loop.sleep(for: backoff.next(using: &generator))
      guard state != .closed else { return }
      metrics.reconnected()
    }
  }

  /// Uses `connection` until it ends.
  private func use(_ connection: RedisConnection, _ server: RedisHandshake.Server) async {
    guard state != .closed, !connection.isClosed else {
      connection.close()
      return
    }
    self.connection = connection
    self.server = server
    connection.hasServed = false
    // An ordinary start is no news; the end of a failure is.
    if lastFailure == nil {
      logger.debug("connected to Redis", [("run_id", .string(server.runID))])
    } else {
      logger.info("connected to Redis", [("run_id", .string(server.runID))])
    }
    connection.onErrorReply = { [weak self] reply in self?.onErrorReply?(reply) }
    connection.onFailure = { [weak self] reason in self?.connectionFailed(reason) }
    await withCheckedContinuation { continuation in
      connectionEnd = continuation
      change(to: .ready)
    }
  }

  private func connectionFailed(_ reason: String) {
    lastFailure = reason
    logger.warning("lost the connection to Redis", [("reason", .string(reason))])
    connection = nil
    server = nil
    change(to: .connecting)
    connectionEnd?.resume()
    connectionEnd = nil
  }

  private func connectFailed(_ reason: String) {
    guard state != .closed else { return }
    // Once per reason: a server that stays away must not fill the log.
    if lastFailure != reason {
      logger.warning("cannot connect to Redis; trying on", [("reason", .string(reason))])
    }
    lastFailure = reason
  }

  private func change(to next: RedisClient.State) {
    guard state != next else { return }
    state = next
    onStateChange?(next)
  }
}
