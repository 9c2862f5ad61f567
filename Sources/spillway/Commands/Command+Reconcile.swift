internal import Telemetry

extension Command {
  static let reconcile = Command(
    name: "reconcile", summary: "carry accepted facts into the ledger, and commands to the cells",
    options: [SharedOptions.redisURL, SharedOptions.databaseURL, SharedOptions.logLevel]
  ) { options in
    let logger = try options.logger()
    let (redis, database) = (try options.redis(), try options.database())
    let stop = try await StopRequest.watch()
    let reconciler = try await ReconcilerProcess.start(
      redis: redis, database: database, logger: logger, metrics: MetricsRegistry())
    await stop.wait()
    logger.info("stopping")
    await reconciler.stop()
    logger.info("stopped")
    return 0
  }
}
