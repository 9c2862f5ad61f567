internal import Telemetry

extension Command {
  static let reconcile = Command(
    service: "reconcile",
    summary: "carry accepted facts into the ledger, and commands to the cells",
    options: [
      SharedOptions.redisURL, SharedOptions.databaseURL, SharedOptions.host,
      Option("ops-port", .value("PORT"), "serve /healthz, /readyz and /metrics on this port"),
      SharedOptions.logLevel,
    ]
  ) { options, stop in
    let logger = try options.logger()
    let (redis, database) = (try options.redis(), try options.database())
    let operations = try options.operationsAddress()
    if case .tcp(let host, let port)? = operations {
      try ListenAddress(host: host, port: port).checkFree()
    }
    let reconciler = try await ReconcilerProcess.start(
      redis: redis, database: database, operations: operations, logger: logger,
      metrics: MetricsRegistry())
    if let address = reconciler.address {
      logger.info("listening", [("operations", .string("\(address)"))])
    }
    await stop.wait()
    logger.info("stopping")
    await reconciler.stop()
    logger.info("stopped")
    return 0
  }
}
