import Domain
import EventLoop
import HotPath
import Ledger
import Postgres
import Redis
import Telemetry
import TestSupport

@testable import Reconciler

/// A tenant with a cell and a campaign, on real servers, and reconcilers to work on it.
final class SaleBench {
  let loop: EventLoop
  let router: RedisRouter
  /// Leads to the server that answers for the cell.
  let redis: RedisClient
  let pool: PostgresPool
  let tenant: TenantID
  let keys: CellKeys
  let campaigns: CampaignStore
  let store: CellStore
  let configuration: ReconcilerDaemon.Configuration
  let log = CapturedLog()
  let metrics = MetricsRegistry()
  private var daemons: [ReconcilerDaemon] = []
  private var nextCampaign: UInt64 = 1

  var cell: CellName { keys.cell }

  init(
    loop: EventLoop, router: RedisRouter, pool: PostgresPool, tenant: TenantID, cell: CellName,
    configuration: ReconcilerDaemon.Configuration
  ) {
    self.loop = loop
    self.router = router
    self.pool = pool
    self.tenant = tenant
    keys = CellKeys(cell)
    redis = router.client(for: keys.lease)
    campaigns = CampaignStore(pool: pool)
    store = CellStore(pool: pool)
    self.configuration = configuration
  }

  /// Sets up on the given servers, runs `body`, and stops all reconcilers.
  static func run<Result: Sendable>(
    redis redisURL: String, database: String,
    limits: ReconcilerLimits = ReconcilerLimits(),
    _ body: @escaping @Sendable (SaleBench) async throws -> Result
  ) async throws -> Result {
    try await withEventLoop { loop in
      var configuration = ReconcilerDaemon.Configuration(
        redis: try .init(url: redisURL), database: try .init(url: database))
      configuration.limits = limits
      // The reconcilers' time-outs are their own, but for pages that a test holds up.
      configuration.database.statementTimeout = .seconds(30)
      let redis = configuration.redis
      let router = RedisRouter(
        configuration: redis.deployment == .server ? redis.patient : redis, loop: loop)
      router.start()
      try await router.whenReady(deadline: .seconds(60))
      var patient = configuration.database
      patient.waitTimeout = .seconds(20)
      let pool = PostgresPool(configuration: patient, loop: loop)
      try await pool.whenReady(deadline: .seconds(60))
      _ = try await Migrator().run(on: pool)
      let tenant = TenantID(SharedServers.tag("t"))!
      try await TenantStore(pool: pool).put(
        Tenant(id: tenant, name: "Test", defaultMarket: "KR"), hosts: [])
      let bench = SaleBench(
        loop: loop, router: router, pool: pool, tenant: tenant,
        cell: CellName.shared(by: tenant, market: "KR")!, configuration: configuration)
      do {
        let result = try await body(bench)
        await bench.end()
        return result
      } catch {
        for line in bench.log.lines { print(line, terminator: "") }
        await bench.end()
        throw error
      }
    }
  }

  /// Another tenant's cell on the same servers; its reconcilers are this bench's.
  func beside(_ name: String) async throws -> SaleBench {
    let other = TenantID(name)!
    try await TenantStore(pool: pool).put(
      Tenant(id: other, name: "Test", defaultMarket: "KR"), hosts: [])
    return SaleBench(
      loop: loop, router: router, pool: pool, tenant: other,
      cell: CellName.shared(by: other, market: "KR")!, configuration: configuration)
  }

  /// The same on the shared servers with a database of its own.
  static func run<Result: Sendable>(
    limits: ReconcilerLimits = ReconcilerLimits(),
    _ body: @escaping @Sendable (SaleBench) async throws -> Result
  ) async throws -> Result {
    try await run(
      redis: try await SharedServers.redis().url, database: try await SharedServers.database(),
      limits: limits, body)
  }

  private func end() async {
    for daemon in daemons { await daemon.stop() }
    router.close()
    pool.close()
  }

  // MARK: Reconcilers

  /// Starts a reconciler on the bench's loop.
  ///
  /// - Parameter hold: how long it holds a cell after a sign of life, if not as long as the bench's others.
  @discardableResult
  func startDaemon(hold: Duration? = nil) -> ReconcilerDaemon {
    var configuration = configuration
    if let hold { configuration.limits.hold = hold }
    let daemon = ReconcilerDaemon(
      configuration: configuration, loop: loop,
      logger: Logger(label: "test", level: .debug, sink: .captured(by: log)), metrics: metrics)
    daemons.append(daemon)
    daemon.start()
    return daemon
  }

  func stop(_ daemon: ReconcilerDaemon) async {
    daemons.removeAll { $0 === daemon }
    await daemon.stop()
  }

  /// Starts a reconciler on a loop of its own, which a test may freeze or end.
  func startForeignDaemon() async throws -> ForeignDaemon {
    try await ForeignDaemon.start(configuration, log: log)
  }

  // MARK: Campaigns

  @discardableResult
  func createCampaign(
    quantity: Int, perUserLimit: Int = 1, ratePolicy: RatePolicy? = nil
  ) async throws -> Campaign {
    let now = Instant(milliseconds: Int64(try await time()))
    let campaign = Campaign(
      id: Identifier(at: now, counter: UInt16(nextCampaign), random: .random(in: 0...UInt64.max)),
      tenant: tenant, cell: cell, name: "Sale",
      terms: CampaignTerms(
        quantity: quantity, perUserLimit: perUserLimit, opensAt: now - .seconds(10),
        closesAt: now + .seconds(3600), ratePolicy: ratePolicy),
      discount: .rate(basisPoints: 1000, maximum: nil), eligibility: Eligibility(),
      acknowledgement: .hot, expiresAt: nil, version: 1)
    nextCampaign += 1
    return try await campaigns.insert(campaign, by: UserID("operator")!).campaign
  }

  private func time() async throws -> Int {
    try await redis.send(RedisCommand("TIME"))[0].integer! * 1000
  }

  /// Waits until the cell is open and knows the campaign at its version.
  func untilClaimable(_ campaign: Campaign, within limit: Duration = .seconds(60)) async throws {
    try await eventually(within: limit, "the campaign is claimable") {
      // Either server may be coming back.
      (try? await isClaimable(campaign)) ?? false
    }
  }

  private func isClaimable(_ campaign: Campaign) async throws -> Bool {
    guard try await lease() != nil else { return false }
    let version = try await redis.send(
      RedisCommand("HGET", keys.campaign(campaign.id), "version"))
    return version.integer == campaign.version
  }

  /// The lease under which the cell is open; `nil` while it is closed.
  func lease() async throws -> String? {
    guard let lease = try? await redis.send(RedisCommand("GET", keys.lease)).text,
      let runID = redis.runID, CellLease.isLease(lease.utf8, of: runID)
    else { return nil }
    return lease
  }

  func record() async throws -> CellRecord { try await store.find(cell)! }

  /// Until when the cell is held, by the ledger's clock.
  func heldUntil() async throws -> Instant {
    let rows = try await pool.query(
      Statement(
        unprepared: """
          select (extract(epoch from reconciler_until) * 1000)::bigint from spillway.cells where cell = $1
          """),
      [.text(cell.text)])
    return Instant(milliseconds: try rows[0].decode(0))
  }

  /// Takes the cell, which nobody holds, as a reconciler would that does nothing by itself.
  func hold(as holder: String) async throws -> HeldCell {
    let row = try await store.seize(cell, as: holder, hold: configuration.limits.hold)!
    return HeldCell(
      record: row, holder: holder, redis: router, pool: pool, limits: configuration.limits,
      logger: Logger(label: "test", level: .debug, sink: .captured(by: log)), metrics: metrics)
  }

  // MARK: Claims

  struct Grant: Sendable, Hashable {
    let user: String
    let sequence: Int
  }

  /// Runs one batch of claims; `nil` when the cell is closed or Redis away.
  func claim(
    _ campaign: Campaign, _ users: [String], keyed: Bool = false
  ) async throws -> [Grant]? {
    guard let lease = try await lease() else { return nil }
    var scriptKeys: [any RedisArgument] = [
      keys.lease, keys.stream, keys.campaign(campaign.id), keys.holders(campaign.id),
    ]
    var arguments: [any RedisArgument] = [lease, 100_000, 1, users.count, keyed ? 1 : 0]
    for (index, user) in users.enumerated() {
      arguments.append(user)
      guard keyed else { continue }
      scriptKeys.append(keys.idempotency(digest: "key\(user)"))
      arguments += [index + 1, "print\(user)", 0, 1]
    }
    let reply = try? await redis.evaluate(
      ScriptCatalog.claim.script, keys: scriptKeys, arguments: arguments)
    guard let text = reply?.text, text.count > 1 else { return nil }
    let lines = text.split(separator: "\n").dropFirst()
    var last: Int?
    return zip(users, lines).compactMap { user, line in
      guard line.hasPrefix("G") else { return nil }
      // Without a number it follows the one before.
      let sequence = Int(line.dropFirst()) ?? last! + 1
      last = sequence
      return Grant(user: user, sequence: sequence)
    }
  }

  /// Claims until the batch was decided.
  @discardableResult
  func surelyClaim(_ campaign: Campaign, _ users: [String], keyed: Bool = false) async throws
    -> [Grant]
  {
    try await eventually("the claims are decided") {
      try await claim(campaign, users, keyed: keyed)
    }
  }

  /// Takes coupons back in the ledger.
  func recall(_ campaign: Campaign, _ target: CouponStore.Recall.Target) async throws {
    try await CouponStore(pool: pool).recall(
      CouponStore.Recall(
        id: Identifier(high: .random(in: 1 ... .max), low: .random(in: 1 ... .max)),
        campaign: campaign.id, tenant: tenant, target: target, actor: UserID("mia")!,
        reason: "leaked"))
  }

  // MARK: The ledger

  func ledgerGrants(_ campaign: Campaign) async throws -> Set<Grant> {
    let records = try await CouponStore(pool: pool).list(
      campaign: campaign.id, of: tenant, after: 0, limit: 1_000_000)
    return Set(records.map { Grant(user: $0.user, sequence: $0.sequence) })
  }

  /// Waits until the ledger's cursor has reached the end of the stream, and the cell is open.
  func untilDrained(within limit: Duration = .seconds(60)) async throws {
    try await eventually(within: limit, "the stream is drained") {
      (try? await isDrained()) ?? false
    }
  }

  private func isDrained() async throws -> Bool {
    guard try await lease() != nil else { return false }
    let entry = try await redis.send(
      RedisCommand("XREVRANGE", keys.stream, "+", "-", "COUNT", 1))
    let last = entry[0][0].text.flatMap { StreamPosition($0) } ?? .zero
    return StreamPosition(try await record().cursor) >= last
  }

  /// Holders and sequences in Redis and in the ledger agree, and no sequence is missing.
  func disagreement(_ campaign: Campaign) async throws -> String? {
    let grants = try await ledgerGrants(campaign)
    let sequences = grants.map(\.sequence).sorted()
    if sequences != Array(1..<(grants.count + 1)) { return "sequences \(sequences.suffix(5))" }
    if grants.count > campaign.terms.quantity { return "\(grants.count) coupons" }
    let issued = try await redis.send(RedisCommand("HGET", keys.campaign(campaign.id), "issued"))
    if issued.integer != grants.count { return "issued \(issued) of \(grants.count)" }
    let holders = try await redis.send(RedisCommand("HGETALL", keys.holders(campaign.id)))
    var inRedis: Set<Grant> = []
    let fields = holders.array ?? []
    for index in stride(from: 0, to: fields.count, by: 2) {
      for coupon in fields[index + 1].text!.split(separator: ",") {
        inRedis.insert(
          Grant(
            user: fields[index].text!, sequence: Int(coupon.split(separator: ":")[0])!))
      }
    }
    return inRedis == grants ? nil : "\(inRedis.count) in Redis, \(grants.count) in the ledger"
  }
}
