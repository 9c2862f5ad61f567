internal import EventLoop
internal import Postgres
internal import Reconciler
internal import Redis
internal import Telemetry

/// The reconciler of one process, on a loop of its own.
final class ReconcilerProcess: Sendable {
  private let loop: EventLoop
  private let daemon: LoopConfined<ReconcilerDaemon>

  private init(loop: EventLoop, daemon: LoopConfined<ReconcilerDaemon>) {
    self.loop = loop
    self.daemon = daemon
  }

  /// Starts to work; returns without waiting for Redis or Postgres.
  static func start(
    redis: RedisConfiguration, database: PostgresConfiguration, logger: Logger,
    metrics: MetricsRegistry
  ) async throws -> ReconcilerProcess {
    let loop = EventLoop.start(name: "reconciler")
    let daemon = try await loop.submit {
      let daemon = ReconcilerDaemon(
        configuration: .init(redis: redis, database: database), loop: loop, logger: logger,
        metrics: metrics)
      daemon.start()
      return LoopConfined(daemon)
    }
    return ReconcilerProcess(loop: loop, daemon: daemon)
  }

  /// Gives up all cells and ends.
  func stop() async {
    let daemon = daemon
    try? await loop.submit { await daemon.value.stop() }
    loop.stop()
  }
}
