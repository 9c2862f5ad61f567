internal import Ledger
internal import Postgres
internal import Telemetry

/// Takes out of wallets what has expired. Loop-confined.
///
/// Nothing that has expired is ever spent, whether it was taken out or not: this keeps balances that
/// nobody touches true. Several may run at once: each wallet is taken by one of them.
final class LotSweeper {
  private let job: RepeatedJob
  private let store: WalletStore
  private let limit: Int
  private let expired: Counter

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger, metrics: MetricsRegistry) {
    store = WalletStore(pool: pool)
    limit = limits.walletsPerSweep
    expired = metrics.counter(
      "spillway_wallets_expired_total", "Wallets that something was taken out of that had expired.")
    job = RepeatedJob(
      name: "what has expired cannot be taken out of wallets", interval: limits.lotInterval,
      loop: pool.loop, logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in _ = try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Looks at all wallets that are due now.
  ///
  /// - Returns: how many there were.
  func runOnce() async throws(PostgresError) -> Int {
    var all = 0
    while !job.isStopping {
      let count = try await store.expireLots(limit: limit)
      all += count
      expired.add(count)
      if count < limit { break }
    }
    return all
  }
}
