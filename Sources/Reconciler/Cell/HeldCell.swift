internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// A cell that one reconciler holds, and what only its holder may do. Loop-confined.
///
/// Used by one task at a time. Every write to the ledger names the holder and does nothing when it is
/// no longer the holder; every write to a closed cell in Redis names the closing.
final class HeldCell {
  let keys: CellKeys
  /// The name under which the cell is held.
  let holder: String
  /// Leads to the server that answers for the cell now.
  let redis: RedisClient
  let router: RedisRouter
  let pool: PostgresPool
  /// Used for signs of life alone: behind what else is under way they might come too late.
  private let lifeline: PostgresPool?
  let store: CellStore
  let contents: CellContents
  let stock: StockContents
  let shared: SharedRebuilds
  let limits: ReconcilerLimits
  let logger: Logger
  let metrics: CellMetrics
  /// The ledger's row as last seen.
  private(set) var record: CellRecord
  /// The last entry whose facts are in the ledger.
  var cursor: StreamPosition
  /// Commands that are carried out and not noted as applied yet.
  var carried: CarriedCommands?
  /// See ``Tenant/keySalt``; nil until somebody wanted it.
  var keySalt: Identifier?
  /// Redis has been told of a cursor above the ledger's: the ledger was restored from a backup.
  private(set) var isRestored = false
  /// A sign of life has found that somebody else holds the cell.
  private(set) var isLost = false
  /// Milliseconds of the loop's clock at the last sign of life.
  private var renewedAt: UInt64
  /// Redis' clock minus the loop's, in milliseconds.
  private var clockOffset: Int?

  init(
    record: CellRecord, holder: String, redis router: RedisRouter, pool: PostgresPool,
    lifeline: PostgresPool? = nil, limits: ReconcilerLimits, logger: Logger,
    metrics: MetricsRegistry, shared: SharedRebuilds = SharedRebuilds()
  ) {
    keys = CellKeys(record.cell)
    self.record = record
    self.holder = holder
    self.router = router
    redis = router.client(for: keys.lease)
    self.limits = limits
    self.logger = logger.with([("cell", .string(record.cell.text))])
    self.metrics = CellMetrics(metrics, cell: record.cell)
    self.pool = pool
    self.lifeline = lifeline
    self.shared = shared
    store = CellStore(pool: pool)
    contents = CellContents(pool: pool)
    stock = StockContents(pool: pool)
    cursor = StreamPosition(record.cursor)
    renewedAt = redis.loop.milliseconds
  }

  var cell: CellName { keys.cell }
  var now: UInt64 { redis.loop.milliseconds }

  // MARK: Holding

  /// Shows a sign of life and reads the ledger's row.
  func renew() async throws(ReconcilerError) {
    let row = try await ledger { () async throws(PostgresError) in
      try await prolong()
    }
    try take(row)
  }

  /// Shows a sign of life beside other work, which goes on with the row that it has.
  ///
  /// - Returns: false when the ledger did not answer.
  func showLife() async -> Bool {
    do {
      guard try await prolong() != nil else {
        isLost = true
        return true
      }
      renewedAt = now
      return true
    } catch {
      return false
    }
  }

  private func prolong() async throws(PostgresError) -> CellRecord? {
    let line = lifeline.flatMap { $0.state == .ready ? CellStore(pool: $0) : nil }
    return try await (line ?? store).renew(cell, as: holder, hold: limits.hold)
  }

  var isRenewalDue: Bool { now >= renewedAt + limits.renewInterval.milliseconds }

  /// Worth a sign of life together with other cells.
  var isRenewalNear: Bool { now >= renewedAt + limits.renewInterval.milliseconds * 5 / 8 }

  /// Notes a sign of life that was asked for at `instant` of the loop's clock, together with other cells'.
  ///
  /// Where the row is not as it was left, the cell looks for itself when it is due, as without this.
  func renewed(_ row: CellRecord, at instant: UInt64) {
    let isAsLeft =
      row.epoch == record.epoch && row.runID == record.runID
      && row.closedBecause == record.closedBecause && row.isHalted == record.isHalted
      && StreamPosition(row.cursor) == cursor
    if isAsLeft { renewedAt = max(renewedAt, instant) }
  }

  /// Takes a row that a write of the holder returned.
  func take(_ row: CellRecord?) throws(ReconcilerError) {
    guard let row else { throw .lost }
    record = row
    cursor = StreamPosition(row.cursor)
    renewedAt = now
  }

  /// Notes that the ledger took facts, which is a sign of life.
  func advanced(to position: StreamPosition) {
    cursor = position
    renewedAt = now
  }

  // MARK: The lease

  /// The lease that the ledger vouches for.
  var lease: String { CellLease.text(epoch: record.epoch, runID: record.runID) }

  /// Whether Redis is the very server that the ledger vouches for, under the ledger's lease.
  ///
  /// - Throws: `.gap` when entries above the cursor are gone.
  func isVouched() async throws(ReconcilerError) -> Bool {
    let started = now
    let values = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.send(RedisCommand("MGET", keys.lease, keys.trimmed, keys.told))
    }
    let time = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.send(RedisCommand("TIME"))
    }
    if let seconds = time[0].integer, let microseconds = time[1].integer {
      clockOffset = seconds * 1000 + microseconds / 1000 - Int(started)
    }
    guard let runID = redis.runID, record.closedBecause == nil, record.runID == runID,
      values[0].text == lease
    else { return false }
    try checkGap(trimmed: values[1].text.flatMap { StreamPosition($0) })
    return try await !findsLedgerRestored(values[2])
  }

  /// Whether Redis was told of a cursor that the ledger no longer has.
  ///
  /// Then the ledger was restored from a backup, and Redis knows of cancellations and payments that it
  /// does not: the facts are replayed, and the cell is rebuilt from what the ledger makes of them.
  func findsLedgerRestored(_ told: RedisValue) async throws(ReconcilerError) -> Bool {
    guard let told = told.text.flatMap({ StreamPosition($0) }), told > cursor else {
      isRestored = false
      return false
    }
    try await renew()
    isRestored = told > cursor
    return isRestored
  }

  /// Throws when the stream was trimmed above the cursor: the ledger is older than the window.
  func checkGap(trimmed: StreamPosition?) throws(ReconcilerError) {
    guard let trimmed, trimmed > cursor else { return }
    throw .gap(
      "entries between the ledger's cursor \(cursor) and \(trimmed) are gone from the stream")
  }

  /// Redis' clock now, in milliseconds since 1970; the loop's own until it is known.
  var redisMilliseconds: Int {
    let monotonic = Int(EventLoop.nanoseconds() / 1_000_000)
    return monotonic + (clockOffset ?? 0)
  }
}
