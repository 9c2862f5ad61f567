internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// Keeps what lists of products are ordered by in line with what the cells count of their facts.
/// Loop-confined.
///
/// A market's products are counted by whoever's turn it is, so several may run at once.
final class PopularityKeeper {
  /// How long ago a sale may have closed whose orders can still count.
  private static let span = Duration.seconds(86_400 * CellKeys.popularDays)

  private let job: RepeatedJob
  private let catalog: CatalogStore
  private let cells: CellStore
  private let redis: RedisRouter
  private let limits: ReconcilerLimits

  init(redis: RedisRouter, pool: PostgresPool, limits: ReconcilerLimits, logger: Logger) {
    catalog = CatalogStore(pool: pool)
    cells = CellStore(pool: pool)
    self.redis = redis
    self.limits = limits
    job = RepeatedJob(
      name: "what is popular cannot be counted", interval: limits.popularityInterval,
      loop: pool.loop, logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in _ = try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Counts each market whose turn it is, and drops notes of changes that all nodes have read.
  ///
  /// - Returns: the products whose popularity is another one now.
  func runOnce() async throws(PostgresError) -> Int {
    var changed = 0
    for record in try await cells.list() where !job.isStopping {
      guard let market = Self.market(sharedBy: record) else { continue }
      changed += try await count(in: market, of: record)
    }
    while !job.isStopping {
      let dropped = try await catalog.forgetChanges(
        olderThan: limits.catalogChangeLife, limit: limits.catalogChangesPerForget)
      if dropped < limits.catalogChangesPerForget { break }
    }
    return changed
  }

  /// The market whose shared cell this is; nil for a cell of a sale's own.
  private static func market(sharedBy record: CellRecord) -> Market? {
    let name = record.cell.text.split(separator: ".").last.map { $0.uppercased() }
    return name.flatMap { Market($0) }
  }

  private func count(
    in market: Market, of shared: CellRecord
  ) async throws(PostgresError) -> Int {
    let tenant = shared.tenant
    let names = try await cells.selling(
      in: market, of: tenant, shared: shared.cell, span: Self.span)
    guard
      try await catalog.beginPopularityCount(
        in: market, of: tenant, interval: limits.popularityInterval)
    else { return 0 }
    guard let top = try await top(of: names) else { return 0 }
    let pieces = top.compactMap { entry in
      Identifier(entry.product).map { (product: $0, pieces: entry.pieces) }
    }
    return try await catalog.setPopularity(pieces, in: market, of: tenant)
  }

  /// Nil while one of the cells is closed: what it counts may be missing then.
  private func top(
    of names: [CellName]
  ) async throws(PostgresError) -> [PopularProducts.Entry]? {
    var open: [(keys: CellKeys, client: RedisClient)] = []
    for name in names {
      let keys = CellKeys(name)
      let client = redis.client(for: keys.lease)
      guard let record = try await cells.find(name), record.closedBecause == nil,
        let lease = try? await client.send(RedisCommand("GET", keys.lease)).text,
        lease == CellLease.text(epoch: record.epoch, runID: record.runID)
      else { return nil }
      open.append((keys, client))
    }
    return try? await PopularProducts.top(limits.popularProducts, of: open)
  }
}
