internal import Telemetry

extension Command {
  static let reconcile = Command(
    name: "reconcile", summary: "carry accepted facts into the ledger, and commands to the cells",
    options: [SharedOptions.redisURL, SharedOptions.databaseURL, SharedOptions.logLevel]
  ) { options in
    let logger = try options.logger()
    let reconciler = try await ReconcilerProcess.start(
      redis: try options.redis(), database: try options.database(), logger: logger,
      metrics: MetricsRegistry())
    await Signals.untilStop()
    logger.info("stopping")
    await reconciler.stop()
    return 0
  }
}
