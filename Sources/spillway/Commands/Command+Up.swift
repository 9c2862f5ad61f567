internal import API
internal import Domain
internal import Embedded
internal import Ledger
internal import Postgres
internal import Reconciler
internal import Redis
internal import Services
internal import Telemetry

extension Command {
  static let up = Command(
    service: "up", summary: "run everything in one process, with a Redis and a Postgres of its own",
    options: [
      Option("data", .value("DIR"), "the data folder", default: DataFolder.standard),
      SharedOptions.host, SharedOptions.port, SharedOptions.opsPort, SharedOptions.loops,
      Option("demo", .flag, "seed a tenant for localhost with a campaign, goods and a sale"),
      Option(
        "redis-fsync", .value("POLICY"), "always: nothing acknowledged is lost; or everysec",
        default: "always"),
      SharedOptions.platformTenant, SharedOptions.poolSize, SharedOptions.streamLimit,
      SharedOptions.reservation, SharedOptions.ratePolicies, SharedOptions.markets,
      SharedOptions.trustedProxies,
      SharedOptions.forwardedHeader,
      SharedOptions.logLevel,
    ]
  ) { options, stop in
    try await UpProcess(options).run(until: stop)
  }
}

/// The parts of `spillway up`, started in order and stopped in the opposite one.
private struct UpProcess {
  let logger: Logger
  let listen: ListenAddress
  let loops: Int
  let isDemo: Bool
  let folder: String
  let fsync: RedisServer.Fsync
  let bounds: NodeBounds
  let proxies: TrustedProxies
  let platformTenant: TenantID?

  init(_ options: ParsedOptions) throws(UsageError) {
    logger = try options.logger()
    listen = try options.listenAddress()
    loops = try options.loopCount()
    isDemo = try options.flag("demo")
    folder = try options.dataFolder()
    let policies = [RedisServer.Fsync.always, .everySecond]
    let policy = try options.choice("redis-fsync", of: policies.map(\.rawValue))
    fsync = RedisServer.Fsync(rawValue: policy) ?? .always
    bounds = try options.nodeBounds()
    proxies = try options.trustedProxies()
    platformTenant = try options.platformTenant()
  }

  func run(until stop: StopRequest) async throws -> Int32 {
    try listen.checkFree()
    if let owner = DirectoryLock.owner(of: folder) {
      throw EmbeddedError.folderInUse(folder: folder, owner: owner)
    }
    let servers = EmbeddedServers(directory: folder, redis: .init(fsync: fsync)) { event in
      logger.warning("embedded server", [("event", .string(event.description))])
    }
    logger.info("starting", [("data", .string(folder))])
    do {
      if try await start(servers, unless: stop) { try await serve(servers, until: stop) }
    } catch {
      await servers.stop()
      throw error
    }
    await servers.stop()
    logger.info("stopped")
    return 0
  }

  /// Starts the servers; false if the process was asked to end meanwhile.
  private func start(_ servers: EmbeddedServers, unless stop: StopRequest) async throws -> Bool {
    // Before the task below begins nothing is there to be stopped.
    if stop.isMade { return false }
    let interruption = Task {
      await stop.wait()
      // Cancelled once the servers run: from then on they are the last to be stopped. Told again and
      // again, since the start may not have begun when it is told first.
      while !Task.isCancelled {
        await servers.stop()
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    do {
      try await servers.start()
      interruption.cancel()
    } catch {
      interruption.cancel()
      guard stop.isMade else { throw error }
    }
    await interruption.value
    return !stop.isMade
  }

  private func serve(_ servers: EmbeddedServers, until stop: StopRequest) async throws {
    let key = try DevelopmentKey.loadOrCreate(in: folder)
    let redis = try RedisConfiguration(url: servers.redis.url)
    let database = try PostgresConfiguration(url: servers.postgres.url)
    try await prepare(database)
    let metrics = MetricsRegistry()
    let reconciler = try await ReconcilerProcess.start(
      redis: redis, database: database, logger: logger, metrics: metrics)
    do {
      // Again: another instance may have begun to listen while these servers started.
      try listen.checkFree()
      let api = try await APIProcess.start(
        .init(
          node: bounds.configuration(redis: redis, database: database), keys: try KeyRing([key]),
          platformTenant: platformTenant,
          listen: listen, loops: loops, proxies: proxies),
        logger: logger, metrics: metrics)
      await api.serve(until: stop, logger: logger)
    } catch {
      await reconciler.stop()
      throw error
    }
    await reconciler.stop()
  }

  private func prepare(_ database: PostgresConfiguration) async throws {
    let isDemo = isDemo
    try await OneShot.run(database: database, logger: logger) { pool in
      for migration in try await Migrator().run(on: pool) {
        logger.info("migrated", [("migration", .string(migration.title))])
      }
      if isDemo { try await DemoSeed.plant(in: pool, now: WallClock.system.now()) }
    }
  }
}

extension EmbeddedServers.Event {
  fileprivate var description: String {
    switch self {
    case .ended(let server, let status): "\(server): \(status)"
    case .restarted(let server): "\(server) runs again"
    case .restartFailed(let server, let reason, let delay):
      "\(server) cannot be started, next attempt in \(delay): \(reason)"
    }
  }
}
