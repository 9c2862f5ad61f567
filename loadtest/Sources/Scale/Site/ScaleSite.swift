internal import Domain
internal import Embedded
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Services

/// A whole Spillway that is measured: Redis, Postgres, one reconciler and API processes, in one folder.
/// Loop-confined; all of it dies with this process.
final class ScaleSite {
  let loop: EventLoop
  let folder: String
  private let program: String
  private let servers: [RedisServer]
  private let redisURL: String
  private let postgres: PostgresServer
  private var reconciler: SpillwayProcess?
  private(set) var apis: [SpillwayProcess] = []
  private(set) var tenants: [ScaleTenant]
  private(set) var router: RedisRouter!
  private(set) var pool: PostgresPool!
  private(set) var signer: TokenSigner!

  private static let readyLimit = Duration.seconds(60)
  /// How long the ledger may take for what a run accepted.
  static let settleLimit = Duration.seconds(120)
  private var started = 0

  /// - Parameter cells: how many there are, each in a Redis of its own; one is in one on a Unix socket, as
  ///   `spillway up` has it, several are in a cluster on the loopback.
  /// - Throws: `ScenarioError`.
  init(folder: String, program: String, cells: Int, loop: EventLoop) throws(ScenarioError) {
    self.loop = loop
    self.folder = folder
    self.program = program
    try ContenderFolder.make(folder)
    if cells == 1 {
      servers = [EmbeddedServers.redis(in: folder, options: .init(fsync: .always))]
      redisURL = servers[0].url
    } else {
      (servers, redisURL) = try ScaleCluster.make(cells, in: folder)
    }
    postgres = EmbeddedServers.postgres(in: folder)
    tenants = ScaleTenant.spread(over: cells)
  }

  /// Where the ledger is reached.
  var ledgerURL: String { postgres.url }

  // MARK: Life

  /// Starts everything but the API processes.
  func start() async throws {
    for server in servers { try await server.start() }
    try await postgres.start()
    router = RedisRouter(configuration: try RedisConfiguration(url: redisURL), loop: loop)
    router.start()
    pool = try await PostgresPool.ready(
      url: postgres.url, connections: 2, statementTimeout: Self.settleLimit, loop: loop)
    try await router.whenReady(deadline: Self.readyLimit)
    signer = try TokenSigner(key: try DevelopmentKey.loadOrCreate(in: folder))
    _ = try await Migrator().run(on: pool)
    for tenant in tenants {
      guard let host = Host(tenant.host) else { throw ScenarioError("\(tenant.host) is no host") }
      try await TenantStore(pool: pool).put(tenant.tenant, hosts: [host])
    }
    let reconciler = process("reconciler", ["reconcile"])
    self.reconciler = reconciler
    try await reconciler.start()
  }

  private func process(_ name: String, _ arguments: [String]) -> SpillwayProcess {
    let common = [
      "--redis-url", redisURL, "--database-url", postgres.url, "--log-level", "warning",
    ]
    return SpillwayProcess(
      name: name, program: program, arguments: arguments + common, folder: folder, loop: loop)
  }

  /// Starts API processes until so many run, each with one loop.
  func serve(processes: Int) async throws {
    while apis.count < processes {
      started += 1
      let api = process(
        "api-\(started)", ["serve", "--mode", "development", "--data", folder, "--loops", "1"])
      apis.append(api)
      try await api.start()
      try await api.awaitReady(within: Self.readyLimit)
    }
  }

  /// Ends the last API process.
  func dismissAPI() async throws { try await apis.popLast()?.stop() }

  /// Ends everything.
  func stop() async {
    for process in apis + [reconciler].compactMap(\.self) {
      process.expectEnd()
      process.send(signal: 9)
    }
    router?.close()
    pool?.close()
    // Nothing of it is needed any more: no time is spent on an orderly end.
    for server in servers { server.kill() }
    postgres.kill(signal: 3)
    for server in servers { await server.stop() }
    await postgres.stop()
  }

  // MARK: Set-up

  /// Makes tokens of so many users of the first `cells` tenants.
  func makeTokens(_ count: Int, cells: Int = 1) {
    for index in 0..<cells { tenants[index].makeTokens(count, signer) }
  }

  /// Where an API process serves.
  func target(_ api: Int) throws(ScenarioError) -> Target {
    guard let port = apis[api].port,
      let target = Target(url: "http://127.0.0.1:\(port)", host: tenants[0].host)
    else { throw ScenarioError("an API process has ended") }
    return target
  }

  /// A client of an API process for a tenant.
  func client(of tenant: ScaleTenant, api: Int = 0) throws(ScenarioError) -> HTTPClient {
    HTTPClient(
      target: Target(url: "http://\(try target(api).address)", host: tenant.host)!, loop: loop,
      timeout: .seconds(30))
  }

  /// Makes an open campaign that every API process knows when this returns; one coupon has gone then.
  func campaign(
    of tenant: ScaleTenant, quantity: Int = CompareLoad.plenty
  ) async throws -> ScaleCampaign {
    let maker = CampaignMaker(
      client: try client(of: tenant), token: tenant.token("operator", .marketingManager, signer))
    let id = try await maker.make(quantity: quantity, acknowledge: "hot")
    try await untilKnown(id, of: tenant)
    return ScaleCampaign(id: id, tenant: tenant)
  }

  /// Waits until every API process decides claims of a campaign, by a user of its own who claims.
  func untilKnown(_ campaign: Identifier, of tenant: ScaleTenant) async throws {
    let token = tenant.token(Self.scout, .user, signer)
    for api in apis.indices {
      let client = try client(of: tenant, api: api)
      let isKnown = await loop.poll(within: Self.readyLimit) {
        let answer = try? await client.request(
          "POST", "/v1/campaigns/\(campaign)/coupons",
          headers: [("Authorization", "Bearer \(token)")])
        return answer.map { [200, 201].contains($0.status) } ?? false
      }
      guard isKnown else { throw ScenarioError("an API process does not know \(campaign)") }
    }
  }

  /// The user who looks whether a campaign is open; its coupon is the first.
  private static let scout = "scout"

  // MARK: Readings

  /// CPU seconds that each part has used so far.
  func processorSeconds() -> (api: Double, redis: Double, reconciler: Double, postgres: Double) {
    func sum(_ identifiers: [Int32?]) -> Double {
      identifiers.reduce(0) { $0 + ($1.flatMap(ProcessorTime.ofProcess) ?? 0) }
    }
    return (
      sum(apis.map(\.identifier)), sum(servers.map(\.processIdentifier)),
      sum([reconciler?.identifier]),
      postgres.processIdentifier.map(ProcessTree.processorSeconds(of:)) ?? 0
    )
  }

  /// Every cell has a lease that the ledger vouches for.
  func isOpen() async -> Bool {
    guard let records = try? await CellStore(pool: pool).list() else { return false }
    for record in records {
      let keys = CellKeys(record.cell)
      let lease = try? await router.client(for: keys.lease).send(RedisCommand("GET", keys.lease))
      let vouchedFor = CellLease.text(epoch: record.epoch, runID: record.runID)
      guard record.closedBecause == nil, lease?.text == vouchedFor else { return false }
    }
    return true
  }

  /// Waits until the ledger has every fact, and the cells every command.
  func settle() async throws {
    let settling = Settling(loop: loop, pool: pool) { [router] in router!.client(for: $0.lease) }
    guard await settling.awaitFacts(within: Self.settleLimit),
      await settling.awaitCommands(within: Self.settleLimit)
    else { throw ScenarioError("the ledger did not catch up within \(Self.settleLimit)") }
  }
}
