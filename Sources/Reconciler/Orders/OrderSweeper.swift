internal import Ledger
internal import Postgres
internal import Telemetry

/// Cancels orders that nobody paid in time: in the ledger, which tells their cells to give the stock
/// back. Loop-confined.
///
/// It looks at the ledger alone, so it does not matter when an order's fact came, and whether its cell is
/// open. Several may run at once: each order is taken by one of them.
final class OrderSweeper {
  private let job: RepeatedJob
  private let store: OrderStore
  private let limit: Int
  private let cancelled: Counter

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger, metrics: MetricsRegistry) {
    store = OrderStore(pool: pool)
    limit = limits.ordersPerSweep
    cancelled = metrics.counter(
      "spillway_orders_expired_total", "Orders cancelled because nobody paid them in time.")
    job = RepeatedJob(
      name: "overdue orders cannot be cancelled", interval: limits.sweepInterval,
      loop: pool.loop, logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in _ = try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Cancels all orders that are overdue now.
  ///
  /// - Returns: how many there were.
  func runOnce() async throws(PostgresError) -> Int {
    var all = 0
    while !job.isStopping {
      let count = try await store.cancelOverdue(limit: limit)
      all += count
      cancelled.add(count)
      if count < limit { break }
    }
    return all
  }
}
