internal import API
internal import EventLoop
internal import Postgres
internal import Reconciler
internal import Redis
internal import Services
internal import Telemetry

/// The reconciler of one process, on a loop of its own.
final class ReconcilerProcess: Sendable {
  private let loop: EventLoop
  private let daemon: LoopConfined<ReconcilerDaemon>
  private let server: LoopConfined<APIServer?>
  /// Where the operations routes are served, if they are.
  let address: SocketAddress?

  private init(
    loop: EventLoop, daemon: LoopConfined<ReconcilerDaemon>, server: LoopConfined<APIServer?>,
    address: SocketAddress?
  ) {
    self.loop = loop
    self.daemon = daemon
    self.server = server
    self.address = address
  }

  /// Starts to work; returns without waiting for Redis or Postgres.
  ///
  /// - Parameter operations: where to serve health, readiness and metrics; nowhere where the API of the
  ///   same process does.
  static func start(
    redis: RedisConfiguration, database: PostgresConfiguration, operations: SocketAddress? = nil,
    logger: Logger, metrics: MetricsRegistry
  ) async throws -> ReconcilerProcess {
    let loop = EventLoop.start(name: "reconciler")
    return try await loop.submit {
      let daemon = ReconcilerDaemon(
        configuration: .init(redis: redis, database: database), loop: loop, logger: logger,
        metrics: metrics)
      var server: APIServer?
      if let operations {
        server = try APIServer(
          RouteTable<Void>([]), services: (),
          gate: RequestGate(tenant: { _ in .unknown }, principal: { _, _ in nil }),
          surroundings: .init(
            logger: logger, metrics: metrics, clock: .system,
            readiness: { Readiness(waitingFor: daemon.waitingFor) }),
          configuration: .init(address: operations), loop: loop)
      }
      daemon.start()
      return ReconcilerProcess(
        loop: loop, daemon: LoopConfined(daemon), server: LoopConfined(server),
        address: server?.address)
    }
  }

  /// Gives up all cells and ends.
  func stop() async {
    let (daemon, server) = (daemon, server)
    try? await loop.submit {
      await daemon.value.stop()
      server.value?.close()
    }
    loop.stop()
  }
}
