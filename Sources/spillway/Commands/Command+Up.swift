internal import API
internal import Domain
internal import Embedded
internal import EventLoop
internal import Ledger
internal import Postgres
internal import Reconciler
internal import Redis
internal import Services
internal import Telemetry

extension Command {
  static let up = Command(
    name: "up", summary: "run everything in one process, with a Redis and a Postgres of its own",
    options: [
      Option("data", .value("DIR"), "the data folder", default: DataFolder.standard),
      SharedOptions.host, SharedOptions.port, SharedOptions.opsPort, SharedOptions.loops,
      Option("demo", .flag, "seed a tenant for localhost with a campaign"),
      Option(
        "redis-fsync", .value("POLICY"), "always: nothing acknowledged is lost; or everysec",
        default: "always"),
      SharedOptions.poolSize, SharedOptions.streamLimit, SharedOptions.logLevel,
    ]
  ) { options in
    try await UpProcess(options).run()
  }
}

/// The parts of `spillway up`, started in order and stopped in the opposite one.
private struct UpProcess {
  let logger: Logger
  let host: String
  let port: Int
  let opsPort: Int?
  let loops: Int
  let isDemo: Bool
  let folder: String
  let fsync: RedisServer.Fsync
  let options: ParsedOptions

  init(_ options: ParsedOptions) throws(UsageError) {
    self.options = options
    logger = try options.logger()
    host = try options.required("host")
    port = try options.integer("port", in: 0...65_535) ?? 0
    opsPort = try options.integer("ops-port", in: 0...65_535)
    loops = try options.loopCount()
    isDemo = try options.flag("demo")
    folder = try options.dataFolder()
    let policy = try options.choice("redis-fsync", of: ["always", "everysec"])
    fsync = RedisServer.Fsync(rawValue: policy) ?? .always
  }

  func run() async throws -> Int32 {
    try StreamListener.checkFree(host: host, port: port)
    if let opsPort { try StreamListener.checkFree(host: host, port: opsPort) }
    let stop = Task { await Signals.untilStop() }
    let logger = logger
    let servers = EmbeddedServers(directory: folder, redis: .init(fsync: fsync)) { event in
      logger.warning("embedded server", [("event", .string("\(event)"))])
    }
    logger.info("starting", [("data", .string(folder))])
    try await servers.start()
    do {
      try await serve(servers, until: stop)
    } catch {
      await servers.stop()
      throw error
    }
    await servers.stop()
    logger.info("stopped")
    return 0
  }

  private func serve(_ servers: EmbeddedServers, until stop: Task<Void, Never>) async throws {
    let key = try DevelopmentKey.loadOrCreate(in: folder)
    let redis = try RedisConfiguration(url: servers.redis.url)
    let database = try PostgresConfiguration(url: servers.postgres.url)
    try await prepare(database)
    let metrics = MetricsRegistry()
    let reconciler = try await ReconcilerProcess.start(
      redis: redis, database: database, logger: logger, metrics: metrics)
    let api = try await APIProcess.start(
      .init(
        node: try options.node(redis: redis, database: database), keys: try KeyRing([key]),
        host: host, port: port, opsPort: opsPort, loops: loops),
      logger: logger, metrics: metrics)
    let ready = Task {
      await ReadyWait.wait(logger: logger) { await api.waitingFor() }
      if !Task.isCancelled { Announcement.ready(api.address) }
    }
    await stop.value
    ready.cancel()
    logger.info("stopping")
    await api.drain()
    await reconciler.stop()
  }

  private func prepare(_ database: PostgresConfiguration) async throws {
    let isDemo = isDemo
    try await OneShot.run(database: database) { pool in
      for migration in try await Migrator().run(on: pool) {
        logger.info("migrated", [("migration", .string(migration.title))])
      }
      if isDemo { try await DemoSeed.plant(in: pool, now: WallClock.system.now()) }
    }
  }
}
