internal import Ledger
internal import Postgres
internal import Telemetry

/// Shows signs of life for all cells of a reconciler by one statement. Loop-confined.
///
/// Each would show its own several times a second, with a commit for each: a sale in a cell of its own leaves a cell
/// behind, and the more of them there are, the more of Postgres' disk went into nothing else.
final class HoldRenewer {
  private let job: RepeatedJob
  private let pool: PostgresPool
  private let lifeline: PostgresPool
  private let holder: String
  private let hold: Duration
  private let cells: () -> [HeldCell]

  /// - Parameters:
  ///   - lifeline: used while it is connected: what else is under way does not hold it up.
  ///   - cells: those that are held now.
  init(
    holder: String, pool: PostgresPool, lifeline: PostgresPool, limits: ReconcilerLimits,
    logger: Logger, cells: @escaping () -> [HeldCell]
  ) {
    self.holder = holder
    self.pool = pool
    self.lifeline = lifeline
    self.cells = cells
    hold = limits.hold
    job = RepeatedJob(
      name: "no signs of life can be shown", interval: limits.renewTogetherInterval,
      loop: pool.loop, logger: logger)
  }

  /// Works until ``stop()``.
  func run() async {
    await job.run { () async throws(PostgresError) in try await self.runOnce() }
  }

  func stop() { job.stop() }

  /// Shows one for each cell that is nearly due.
  func runOnce() async throws(PostgresError) {
    let near = cells().filter(\.isRenewalNear)
    if near.isEmpty { return }
    let asked = pool.loop.milliseconds
    let store = CellStore(pool: lifeline.state == .ready ? lifeline : pool)
    let rows = try await store.renew(near.map(\.cell), as: holder, hold: hold)
    let rowOfCell = Dictionary(uniqueKeysWithValues: rows.map { ($0.cell, $0) })
    for cell in near {
      if let row = rowOfCell[cell.cell] { cell.renewed(row, at: asked) }
    }
  }
}
