public import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// The cells that one loop has to do with. Loop-confined.
public final class CellDirectory {
  private let redis: RedisRouter
  private let subscriber: RedisSubscriber
  private let pool: PostgresPool
  private let limits: CellPathLimits
  private let batchSizes: BatchSizes
  private let refusals = ResourceRefusals()
  private let lists: GatheredReads<TenantID, [CellRecord]>
  private var runtimes: [CellName: CellRuntime] = [:]
  /// Told of each campaign that a signal names.
  var onCampaign: ((Identifier) -> Void)?
  /// Told of each sale that a signal names.
  var onSale: ((Identifier) -> Void)?
  private var timer: EventLoopTimer?
  private var isDiscovering = false
  /// True once the ledger's list of cells was read.
  public private(set) var isLoaded = false

  /// How often new cells are looked for.
  static let discoveryInterval = Duration.seconds(2)
  /// And how often before the first answer.
  static let firstDiscoveryInterval = Duration.milliseconds(100)

  /// Cells that one question for a tenant's asks for.
  private static let listPage = 1_000

  /// How long a subscription may take before signals count as missed all the same; a later one tells
  /// of a gap.
  static let subscriptionDeadline = Duration.seconds(10)

  init(
    redis: RedisRouter, subscriber: RedisSubscriber, pool: PostgresPool,
    limits: CellPathLimits, batchSizes: BatchSizes
  ) {
    self.redis = redis
    self.subscriber = subscriber
    self.pool = pool
    self.limits = limits
    self.batchSizes = batchSizes
    lists = GatheredReads(loop: redis.loop, limit: 1) { tenants in
      var lists: [TenantID: [CellRecord]] = [:]
      for tenant in tenants { lists[tenant] = try await Self.records(of: tenant, in: pool) }
      return lists
    }
  }

  /// The cells in use, for health reports.
  public var all: [CellRuntime] { Array(runtimes.values) }

  /// The runtime of `cell`, if it is in use already.
  func known(_ cell: CellName) -> CellRuntime? { runtimes[cell] }

  /// The cells in use that belong to `tenant`: not those that were made a moment ago, and none before the
  /// ledger's list was read. See ``listed(of:)``.
  func all(of tenant: TenantID) -> [CellRuntime] {
    // A tenant's name has no point in it.
    runtimes.values.filter { $0.keys.cell.text.hasPrefix("\(tenant).") }
  }

  /// The cells that belong to `tenant`, as the ledger lists them now, each with its lease taken away that is
  /// older than the ledger's. Whatever a cell took before the call was taken by one of these.
  ///
  /// - Throws: when the ledger could not be asked.
  func listed(of tenant: TenantID) async throws -> [CellRuntime] {
    try await lists.values(of: [tenant])[tenant, default: []].map { record in
      let runtime = runtime(of: record.cell)
      runtime.lease.ledgerTold(epoch: record.epoch)
      return runtime
    }
  }

  /// Whether the ledger still vouches for what these looks at cells of a tenant found. A server that was cut
  /// off while its replica took its place shows what it had, its lease too.
  func vouches(for looks: [CellLook], of tenant: TenantID) async -> Bool {
    guard !looks.isEmpty else { return true }
    guard (try? await listed(of: tenant)) != nil else { return false }
    return looks.allSatisfy(\.isCurrent)
  }

  /// The runtime of `cell`, made at first use.
  public func runtime(of cell: CellName) -> CellRuntime {
    if let runtime = runtimes[cell] { return runtime }
    let pool = pool
    let progress = LedgerProgress(loop: redis.loop) {
      await Self.cursor(of: cell, in: pool)
    }
    let runtime = CellRuntime(
      cell: cell, redis: redis, limits: limits, ledger: progress,
      batchSizes: batchSizes, refusals: refusals)
    runtimes[cell] = runtime
    subscriber.subscribe(String(decoding: runtime.keys.channel, as: UTF8.self)) {
      [weak runtime] _, message in runtime?.took(signal: message)
    }
    runtime.onCampaign = { [weak self] in self?.onCampaign?($0) }
    runtime.onSale = { [weak self] in self?.onSale?($0) }
    runtime.lease.start()
    let subscriber = subscriber
    redis.loop.spawn { [weak runtime] in
      // What was told before the channel was subscribed is made up for.
      try? await subscriber.whenReady(deadline: Self.subscriptionDeadline)
      runtime?.lostSignals()
    }
    return runtime
  }

  /// Takes a change of a Redis client: the cells that it leads to are looked at anew.
  func connectionChanged(_ client: RedisClient) {
    for runtime in runtimes.values where runtime.client === client {
      runtime.lease.connectionChanged()
    }
  }

  /// Takes word that signals may have been missed.
  func lostSignals() {
    for runtime in runtimes.values { runtime.lostSignals() }
  }

  func forgetCampaigns() {
    for runtime in runtimes.values { runtime.campaigns.removeAll() }
  }

  func forgetSales() {
    for runtime in runtimes.values { runtime.sales.removeAll() }
  }

  /// Begins to look for cells, so that each is known before the first claim for it.
  func start() {
    timer = EventLoopTimer(loop: redis.loop) { [weak self] in self?.discover() }
    discover()
  }

  private func discover() {
    guard !isDiscovering else { return }
    isDiscovering = true
    redis.loop.spawn { [self] in
      if let records = try? await CellStore(pool: pool).list() {
        for record in records {
          runtime(of: record.cell).lease.ledgerTold(epoch: record.epoch)
        }
        isLoaded = true
      }
      isDiscovering = false
      timer?.start(after: isLoaded ? Self.discoveryInterval : Self.firstDiscoveryInterval)
    }
  }

  func stop() {
    timer?.cancel()
    timer = nil
    for runtime in runtimes.values { runtime.lease.end() }
  }

  private static func records(
    of tenant: TenantID, in pool: PostgresPool
  ) async throws(PostgresError) -> [CellRecord] {
    var records: [CellRecord] = []
    while true {
      let page = try await CellStore(pool: pool).list(
        of: tenant, after: records.last?.cell, limit: listPage)
      records += page
      if page.count < listPage { return records }
    }
  }

  private static func cursor(
    of cell: CellName, in pool: PostgresPool
  ) async -> LedgerProgress.Point? {
    guard let record = try? await CellStore(pool: pool).find(cell) else { return nil }
    return LedgerProgress.Point(
      epoch: record.epoch,
      position: StreamPosition(
        milliseconds: record.cursor.milliseconds, sequence: record.cursor.sequence))
  }
}
