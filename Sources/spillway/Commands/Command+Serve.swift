internal import API
internal import Telemetry

extension Command {
  static let serve = Command(
    service: "serve", summary: "serve the API against a Redis and a Postgres",
    options: [
      SharedOptions.redisURL, SharedOptions.databaseURL, SharedOptions.host, SharedOptions.port,
      SharedOptions.opsPort, SharedOptions.loops, SharedOptions.tokenKeys, SharedOptions.mode,
      SharedOptions.platformTenant, SharedOptions.data, SharedOptions.poolSize,
      SharedOptions.streamLimit, SharedOptions.reservation, SharedOptions.ratePolicies,
      SharedOptions.markets,
      SharedOptions.trustedProxies, SharedOptions.forwardedHeader, SharedOptions.replicaAcks,
      SharedOptions.replicaTimeout, SharedOptions.logLevel,
    ]
  ) { options, stop in
    let logger = try options.logger()
    var node = try options.nodeBounds().configuration(
      redis: try options.redis(), database: try options.database())
    node.claimLimits.replicaWait = try options.replicaWait()
    let settings = APIProcess.Settings(
      node: node,
      keys: try options.keys(isDevelopment: try options.isDevelopment()),
      platformTenant: try options.platformTenant(), listen: try options.listenAddress(),
      loops: try options.loopCount(), proxies: try options.trustedProxies())
    try settings.listen.checkFree()
    let api = try await APIProcess.start(settings, logger: logger, metrics: MetricsRegistry())
    await api.serve(until: stop, logger: logger)
    logger.info("stopped")
    return 0
  }
}
