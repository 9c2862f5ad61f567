internal import Domain
internal import Embedded
internal import EventLoop
internal import Foundation
internal import Ledger
internal import Postgres
internal import Redis
internal import Services

/// A whole Spillway of its own in one folder: Redis and Postgres that keep every acknowledged write (Redis with
/// `everysec` what is a second old), API processes and reconcilers. Loop-confined.
///
/// All of it dies with this process.
final class Installation {
  let folder: String
  let loop: EventLoop
  let redis: RedisServer
  let postgres: PostgresServer
  private(set) var apis: [SpillwayProcess] = []
  private(set) var reconcilers: [SpillwayProcess] = []
  /// Of Redis; hot answers wait for all of them.
  private(set) var replicas: [RedisReplica] = []
  /// The harness' own connections.
  private(set) var client: RedisClient!
  private(set) var pool: PostgresPool!
  private(set) var signer: TokenSigner!
  /// Between the processes and the two servers.
  private(set) var links: ChaosLinks!
  let program: String

  private static let readyLimit = Duration.seconds(60)
  private static let connectLimit = Duration.seconds(30)
  /// How long one look at the whole ledger may take: after many rounds it has a lot to go through, on a
  /// machine that does other things too.
  private static let checkLimit = Duration.seconds(60)

  init(folder: String, program: String, fsync: RedisServer.Fsync, loop: EventLoop) {
    self.folder = folder
    self.program = program
    self.loop = loop
    redis = EmbeddedServers.redis(in: folder, options: .init(fsync: fsync))
    var options = PostgresServer.Options()
    options.sharedBuffers = 64
    postgres = EmbeddedServers.postgres(in: folder, options: options)
  }

  // MARK: Life

  /// Starts everything and returns once every API process serves.
  func start(_ options: ChaosOptions) async throws {
    try await redis.start()
    try await postgres.start()
    client = RedisClient(
      configuration: try RedisConfiguration(url: redis.url), loop: loop, name: "spillway-chaos")
    client.start()
    pool = try await PostgresPool.ready(
      url: postgres.url, connections: 2, statementTimeout: Self.checkLimit, loop: loop)
    try await client.whenReady(deadline: Self.connectLimit)
    for number in 0..<options.replicas {
      let replica = try RedisReplica(
        of: redis.socketPath, in: "\(folder)/replica-\(number + 1)", fsync: options.fsync,
        loop: loop)
      replicas.append(replica)
      try await replica.start()
    }
    signer = try TokenSigner(key: try DevelopmentKey.loadOrCreate(in: folder))
    _ = try await Migrator().run(on: pool)
    for tenant in ChaosTenant.all {
      guard let host = Host(tenant.host) else { continue }
      try await TenantStore(pool: pool).put(tenant.tenant, hosts: [host])
    }
    try await startProcesses(options)
  }

  private func startProcesses(_ options: ChaosOptions) async throws {
    links = ChaosLinks(
      [
        .redis: .unix(path: redis.socketPath),
        .postgres: .unix(path: "\(postgres.socketDirectory)/.s.PGSQL.5432"),
      ], loop: loop)
    reconcilers = try (0..<ChaosOptions.reconcilers).map { number in
      try process(.reconciler(number), ["reconcile"])
    }
    apis = try (0..<options.processes).map { number in
      try process(
        .api(number),
        [
          "serve", "--loops", "1", "--mode", "development", "--data", folder, "--replica-acks",
          "\(options.replicas)",
        ])
    }
    for process in reconcilers + apis { try await process.start() }
    for api in apis { try await api.awaitReady(within: Self.readyLimit) }
  }

  /// Where `spillway` finds the two servers themselves.
  var addresses: [String] { ["--redis-url", redis.url, "--database-url", postgres.url] }

  private func process(_ part: ChaosPart, _ arguments: [String]) throws -> SpillwayProcess {
    SpillwayProcess(
      name: part.description, program: program,
      arguments: arguments + (try links.connect(part)), folder: folder, loop: loop)
  }

  /// Ends everything.
  func stop() async {
    for process in apis + reconcilers {
      process.expectEnd()
      process.send(signal: SIGKILL)
    }
    links?.close()
    client?.close()
    pool?.close()
    // Nothing of it is needed any more: no time is spent on an orderly end.
    for replica in replicas { await replica.kill() }
    redis.kill()
    postgres.kill(signal: SIGQUIT)
    await redis.stop()
    await postgres.stop()
  }

  // MARK: Set-up

  private static let setupLimit = Duration.seconds(10)

  /// A client of the first API process for a tenant.
  func client(of tenant: ChaosTenant) throws(ScenarioError) -> HTTPClient {
    guard let port = apis[0].port,
      let target = Target(url: "http://127.0.0.1:\(port)", host: tenant.host)
    else { throw ScenarioError("no API process serves") }
    return HTTPClient(target: target, loop: loop)
  }

  /// Does what a round needs, again where it fails: something of the round before may be recovering.
  func attempt<Result>(
    _ body: () async throws(ScenarioError) -> Result
  ) async throws(ScenarioError) -> Result {
    let end = EventLoop.nanoseconds() + Self.setupLimit.milliseconds * 1_000_000
    while true {
      do throws(ScenarioError) {
        return try await body()
      } catch {
        if EventLoop.nanoseconds() >= end { throw error }
        await loop.sleep(for: .milliseconds(100))
      }
    }
  }

  // MARK: Readings

  /// Processes that ended although nobody had told them to.
  var unexpectedEnds: [String] {
    (apis + reconcilers).compactMap { process in
      process.unexpectedEnd.map { "\(process.name) ended by itself: \($0); see \(process.log)" }
    }
  }

  /// The API processes that say that they serve, and every cell with them.
  func readyCount() async -> Int {
    var count = 0
    for api in apis {
      guard api.isRunning, let port = api.port,
        let target = Target(url: "http://127.0.0.1:\(port)")
      else { continue }
      let http = HTTPClient(target: target, loop: loop, timeout: .seconds(2))
      guard let answer = try? await http.request("GET", "/readyz"), answer.status == 200 else {
        continue
      }
      if answer.body.contains(#""closed_cells":[]"#) { count += 1 }
    }
    return count
  }

  /// An access token.
  func token(user: String, of tenant: ChaosTenant, role: Role = .user) -> String {
    let now = WallClock.system.now()
    return signer.sign(
      TokenClaims(
        user: UserID(user)!, tenant: tenant.tenant.id, roles: RoleSet(role), issuedAt: now))
  }
}
