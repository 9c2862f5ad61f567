internal import Ledger
internal import Postgres
internal import Telemetry

/// Brings sales their stock before they open, and back what is left after they have closed.
/// Loop-confined.
///
/// Each step is a transaction of the ledger that the row's state leads on from, so it may be stopped
/// anywhere, and several may run at once.
final class SaleMover {
  private let job: RepeatedJob
  private let store: SaleStore
  private let limits: ReconcilerLimits

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger) {
    store = SaleStore(pool: pool)
    self.limits = limits
    job = RepeatedJob(
      name: "sales cannot be opened and closed", interval: limits.saleInterval, loop: pool.loop,
      logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in _ = try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Takes each sale whose time has come as far as it goes now.
  ///
  /// - Returns: the changes of state.
  func runOnce() async throws(PostgresError) -> Int {
    var all = 0
    while !job.isStopping {
      let count = try await store.advance(lead: limits.saleLead, limit: limits.salesPerStep)
      all += count
      if count == 0 { break }
    }
    return all
  }
}
