internal import Ledger
internal import Postgres
internal import Telemetry

/// Lets sale prices begin and end: in the ledger, which tells the cells of open stock what to charge.
/// Loop-confined.
///
/// A price is what the clock and its windows say, so several may run at once.
final class SalePriceKeeper {
  private let job: RepeatedJob
  private let store: CatalogStore
  private let limits: ReconcilerLimits

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger) {
    store = CatalogStore(pool: pool)
    self.limits = limits
    job = RepeatedJob(
      name: "sale prices cannot begin and end", interval: limits.salePriceInterval,
      loop: pool.loop, logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in _ = try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Settles all that are due.
  ///
  /// - Returns: the SKUs whose prices were settled.
  func runOnce() async throws(PostgresError) -> Int {
    var all = 0
    while !job.isStopping {
      let count = try await store.advanceSalePrices(limit: limits.salePricesPerStep)
      all += count
      if count == 0 { break }
    }
    return all
  }
}
