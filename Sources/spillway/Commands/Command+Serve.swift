internal import API
internal import Telemetry

extension Command {
  static let serve = Command(
    name: "serve", summary: "serve the API against a Redis and a Postgres",
    options: [
      SharedOptions.redisURL, SharedOptions.databaseURL, SharedOptions.host, SharedOptions.port,
      SharedOptions.opsPort, SharedOptions.loops, SharedOptions.tokenKeys, SharedOptions.mode,
      SharedOptions.data, SharedOptions.poolSize, SharedOptions.streamLimit, SharedOptions.logLevel,
    ]
  ) { options in
    let logger = try options.logger()
    let settings = APIProcess.Settings(
      node: try options.node(redis: try options.redis(), database: try options.database()),
      keys: try options.keys(isDevelopment: try options.isDevelopment()),
      host: try options.required("host"), port: try options.integer("port", in: 0...65_535) ?? 0,
      opsPort: try options.integer("ops-port", in: 0...65_535), loops: try options.loopCount())
    let api = try await APIProcess.start(settings, logger: logger, metrics: MetricsRegistry())
    let ready = Task {
      await ReadyWait.wait(logger: logger) { await api.waitingFor() }
      if !Task.isCancelled { Announcement.ready(api.address) }
    }
    await Signals.untilStop()
    ready.cancel()
    logger.info("stopping")
    await api.drain()
    return 0
  }
}
