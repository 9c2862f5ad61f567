internal import Ledger
internal import Postgres
internal import Telemetry

/// Drops carts that nobody has changed for as long as they are kept, and guests' carts that are too many.
/// Loop-confined.
final class CartPruner {
  private let job: RepeatedJob
  private let store: CartStore
  private let limit: Int
  private let guestCarts: Int

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger) {
    store = CartStore(pool: pool)
    limit = limits.cartsPerForget
    guestCarts = limits.guestCarts
    job = RepeatedJob(
      name: "old carts cannot be dropped", interval: limits.forgetInterval, loop: pool.loop,
      logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Drops all whose time is over, and then what is beyond the bound of each tenant.
  func runOnce() async throws(PostgresError) {
    while !job.isStopping {
      if try await store.purge(limit: limit) < limit { break }
    }
    for (tenant, count) in try await store.guestCarts(above: guestCarts) {
      var excess = count - guestCarts
      while excess > 0, !job.isStopping {
        let dropped = try await store.dropGuests(min(excess, limit), of: tenant)
        if dropped == 0 { break }
        excess -= dropped
      }
    }
  }
}
