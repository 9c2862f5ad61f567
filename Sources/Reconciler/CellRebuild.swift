public import Domain
internal import HotPath
internal import Ledger
public import Postgres
public import Redis
public import Telemetry

/// Rebuilds a cell's Redis state from the ledger on demand, whatever state it is in. Loop-confined.
///
/// It takes the cell from the reconciler that holds it, brings the facts that are still in the stream
/// into the ledger, loads everything from there, opens the cell and gives it up. This is also the way
/// out for a halted cell: entries that the ledger refuses are then left behind for good, each counted
/// and logged by its id, and all others are taken.
public struct CellRebuild {
  /// What was done.
  public struct Report: Sendable, Equatable {
    public let cell: CellName
    /// Facts of the stream that were new to the ledger.
    public let taken: Int
    /// Entries of the stream that the ledger refused.
    public let refused: Int
    /// What was left behind and why, if anything was.
    public let leftBehind: String?
    public let campaigns: Int
    public let holders: Int
    public let accounts: Int
    /// Pending orders.
    public let orders: Int
    public let records: Int
    /// The epoch under which the cell is open now.
    public let epoch: Int
  }

  /// How often it begins again when Redis changes in the middle.
  static let attempts = 5

  private let redis: RedisRouter
  private let pool: PostgresPool
  private let limits: ReconcilerLimits
  private let logger: Logger

  public init(
    redis: RedisRouter, pool: PostgresPool, limits: ReconcilerLimits = ReconcilerLimits(),
    logger: Logger
  ) {
    self.redis = redis
    self.pool = pool
    self.limits = limits
    self.logger = logger
  }

  /// Rebuilds `cell`.
  ///
  /// - Returns: `nil` when the ledger has no such cell.
  /// - Throws: `.redis` or `.postgres` when one of them is away; a reconciler then does the rest.
  public func run(_ cell: CellName) async throws(ReconcilerError) -> Report? {
    let holder = "rebuild-\(UInt64.random(in: 0...UInt64.max))"
    let store = CellStore(pool: pool)
    let row = try await ledger { () async throws(PostgresError) in
      try await store.seize(cell, as: holder, hold: limits.hold)
    }
    guard let row else { return nil }
    let held = HeldCell(
      record: row, holder: holder, redis: redis, pool: pool, limits: limits, logger: logger,
      metrics: MetricsRegistry())
    do {
      let report = try await rebuild(held)
      try await ledger { () async throws(PostgresError) in
        try await store.release(cell, as: holder)
      }
      return report
    } catch {
      try? await store.release(cell, as: holder)
      throw error
    }
  }

  private func rebuild(_ held: HeldCell) async throws(ReconcilerError) -> Report {
    var failure = ReconcilerError.overtaken
    for _ in 0..<Self.attempts {
      do {
        return try await held.keepingHold { () async throws(ReconcilerError) in
          try await attempt(held)
        }
      } catch .overtaken {
        failure = .overtaken
      }
    }
    throw failure
  }

  private func attempt(_ held: HeldCell) async throws(ReconcilerError) -> Report {
    let closing = try await held.close()
    var salvage = Salvage()
    var leftBehind: [String] = []
    if let last = closing.last {
      do {
        try held.checkGap(trimmed: closing.trimmed)
      } catch {
        leftBehind.append(error.description)
      }
      salvage = try await held.salvage(to: last)
      try await held.skip(to: last)
    }
    if let first = salvage.first {
      let entries = salvage.left == 1 ? "entry" : "entries"
      leftBehind.append("\(salvage.left) \(entries) refused by the ledger, the first at \(first)")
    }
    if !leftBehind.isEmpty {
      held.logger.error(
        "facts were left behind", [("reason", .string(leftBehind.joined(separator: "; ")))])
    }
    try await held.note(HeldCell.rebuilding, halting: false)
    try await held.clearContents(closing)
    let loaded = try await held.rebuild(closing)
    try await held.open(closing, contents: "rebuilt")
    return Report(
      cell: held.cell, taken: salvage.taken, refused: salvage.left,
      leftBehind: leftBehind.isEmpty ? nil : leftBehind.joined(separator: "; "),
      campaigns: loaded.campaigns,
      holders: loaded.holders, accounts: loaded.accounts, orders: loaded.orders,
      records: loaded.records, epoch: held.record.epoch)
  }
}
