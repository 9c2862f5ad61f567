internal import Ledger
internal import Postgres
internal import Telemetry

/// Frees what holds set aside whose end has come. Loop-confined.
///
/// Such a hold is never captured, whether it was freed yet or not: this gives its owner the money back to
/// spend. Several may run at once: each wallet is taken by one of them.
final class HoldSweeper {
  private let job: RepeatedJob
  private let store: WalletStore
  private let limit: Int
  private let expired: Counter

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger, metrics: MetricsRegistry) {
    store = WalletStore(pool: pool)
    limit = limits.holdsPerSweep
    expired = metrics.counter(
      "spillway_wallet_holds_expired_total", "Holds that were freed because their end had come.")
    job = RepeatedJob(
      name: "holds whose end has come cannot be freed", interval: limits.holdInterval,
      loop: pool.loop, logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in _ = try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Looks at all holds that are due now.
  ///
  /// - Returns: how many there were.
  func runOnce() async throws(PostgresError) -> Int {
    var all = 0
    while !job.isStopping {
      let count = try await store.expireHolds(limit: limit)
      all += count
      expired.add(count)
      if count < limit { break }
    }
    return all
  }
}
