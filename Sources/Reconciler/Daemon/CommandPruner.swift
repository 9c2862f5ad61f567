internal import Ledger
internal import Postgres
internal import Telemetry

/// Drops commands that were applied long ago: each order leaves one behind. Loop-confined.
final class CommandPruner {
  private let job: RepeatedJob
  private let store: CellStore
  private let limits: ReconcilerLimits

  init(pool: PostgresPool, limits: ReconcilerLimits, logger: Logger) {
    store = CellStore(pool: pool)
    self.limits = limits
    job = RepeatedJob(
      name: "applied commands cannot be dropped", interval: limits.forgetInterval,
      loop: pool.loop, logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Drops all that are old enough.
  func runOnce() async throws(PostgresError) {
    while !job.isStopping {
      let dropped = try await store.forgetCommands(
        appliedBefore: limits.commandLife, limit: limits.commandsPerForget)
      if dropped < limits.commandsPerForget { break }
    }
  }
}
