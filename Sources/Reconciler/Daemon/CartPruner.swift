internal import Ledger
internal import Postgres
internal import Telemetry

/// Drops carts that nobody has changed for as long as they are kept. Loop-confined.
final class CartPruner {
  private let job: RepeatedJob
  private let store: CartStore
  private let limit: Int

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger) {
    store = CartStore(pool: pool)
    limit = limits.cartsPerForget
    job = RepeatedJob(
      name: "old carts cannot be dropped", interval: limits.forgetInterval, loop: pool.loop,
      logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Drops all whose time is over.
  func runOnce() async throws(PostgresError) {
    while !job.isStopping {
      if try await store.purge(limit: limit) < limit { break }
    }
  }
}
