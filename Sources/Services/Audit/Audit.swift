internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
public import Postgres
public import Redis

/// Checks every invariant inside Redis and Postgres and between them. Changes nothing. Loop-confined.
///
/// It may run during a sale: where claims go on while it looks, Redis may be ahead of the ledger by
/// what is on its way, and only that.
public struct Audit {
  /// How long an audit waits for facts and commands that are on their way.
  public static let patience = Duration.seconds(10)
  /// Holders compared at once.
  static let pageSize = 2000
  /// How often a campaign that is being claimed is looked at anew.
  static let attempts = 5
  /// Two coupons with one idempotency key are further apart than this: a day, but for the instant at
  /// which Redis lets go of a record.
  static let recordLife = Duration.seconds(86_400 - 1)

  let redis: RedisRouter
  let pool: PostgresPool
  let ledger: LedgerAudit
  let cells: CellStore
  let contents: CellContents
  let draws: RoomDraws
  let patience: Duration

  public init(redis: RedisRouter, pool: PostgresPool, patience: Duration = Audit.patience) {
    self.redis = redis
    self.pool = pool
    self.patience = patience
    ledger = LedgerAudit(pool: pool)
    cells = CellStore(pool: pool)
    contents = CellContents(pool: pool)
    draws = RoomDraws(pool: pool)
  }

  /// Looks at everything.
  public func run() async throws(AuditError) -> AuditReport {
    var report = AuditReport()
    let records = try await auditing { () async throws(PostgresError) in try await cells.list() }
    var open: [CellName: CellState] = [:]
    for record in records { open[record.cell] = try await audit(record.cell, &report) }
    try await auditLedger(&report)
    try await auditStock(&report)
    try await auditLocations(&report)
    try await auditRefunds(&report)
    try await auditRecalls(&report)
    try await auditCarts(&report)
    try await auditMoney(&report)
    for cell in open.keys.sorted(by: { $0.text < $1.text }) {
      try await auditKeys(of: cell, &report)
      try await compareStock(of: cell, &report)
    }
    let sums = try await auditing { () async throws(PostgresError) in try await ledger.sums() }
    for sum in sums {
      Self.audit(sum, &report)
      guard let state = open[sum.campaign.cell] else { continue }
      if state.pending == 0 { try await compareTerms(of: sum.campaign, &report) }
      try await compare(sum.campaign, &report)
    }
    try await auditDraws(&report)
    try await auditCatalog(&report)
    return report
  }

  private func auditLedger(_ report: inout AuditReport) async throws(AuditError) {
    let orphans = try await auditing { () async throws(PostgresError) in
      try await ledger.orphans()
    }
    report.check(
      "every coupon has its campaign", of: "ledger", orphans == 0,
      "\(orphans) campaigns are missing")
    let foreign = try await auditing { () async throws(PostgresError) in
      try await ledger.campaignsInForeignCells()
    }
    report.check(
      "every campaign is in a cell of its tenant", of: "ledger", foreign == 0,
      "\(foreign) are not")
    let used = try await auditing { () async throws(PostgresError) in
      try await ledger.usedOfRecalledCampaigns()
    }
    report.check(
      "no coupon of a recalled campaign was used afterwards", of: "ledger", used == 0,
      "\(used) were")
    let repeated = try await auditing { () async throws(PostgresError) in
      try await ledger.repeatedKeys(within: Self.recordLife)
    }
    report.check(
      "an idempotency key counts once in 24 hours", of: "ledger", repeated == 0,
      "\(repeated) coupons repeat one")
  }

  // MARK: Cells

  /// Returns the cell's state if it is open, so that its campaigns can be compared.
  private func audit(
    _ cell: CellName, _ report: inout AuditReport
  ) async throws(AuditError) -> CellState? {
    let subject = "cell \(cell)"
    let state = try await settled(cell)
    let isOpen = isOpen(state, cell)
    report.check(
      "the ledger vouches for the lease", of: subject, isOpen,
      isOpen
        ? state.vouchedLease
        : state.record.closedBecause ?? "Redis has \(state.lease ?? "no lease")")
    let cursor = StreamPosition(
      milliseconds: state.record.cursor.milliseconds, sequence: state.record.cursor.sequence)
    report.check(
      "the ledger has reached the end of the stream", of: subject,
      state.lastEntry <= cursor, "cursor \(cursor), last entry \(state.lastEntry)")
    report.check(
      "the ledger is not ahead of the stream", of: subject, cursor <= state.lastID,
      "cursor \(cursor), last id \(state.lastID)")
    report.check(
      "nothing above the cursor was trimmed", of: subject, state.trimmed <= cursor,
      "trimmed below \(state.trimmed)")
    report.check(
      "all commands are applied", of: subject, state.pending == 0, "\(state.pending) wait")
    return isOpen ? state : nil
  }

  struct CellState {
    let record: CellRecord
    let lease: String?
    let lastEntry: StreamPosition
    let lastID: StreamPosition
    let trimmed: StreamPosition
    let pending: Int

    var vouchedLease: String { CellLease.text(epoch: record.epoch, runID: record.runID) }
    var isVouchedFor: Bool { record.closedBecause == nil && lease == vouchedLease }
  }

  /// A server that was started again may show the lease of the one before.
  private func isOpen(_ state: CellState, _ cell: CellName) -> Bool {
    state.isVouchedFor && state.record.runID == redis.client(for: CellKeys(cell).lease).runID
  }

  /// The cell's state once it is open and facts and commands have arrived, or when the patience is over.
  private func settled(_ cell: CellName) async throws(AuditError) -> CellState {
    let deadline = redis.loop.milliseconds + patience.milliseconds
    let first = try await lastEntry(CellKeys(cell))
    while true {
      let state = try await state(of: cell)
      let cursor = state.record.cursor
      let reached = StreamPosition(milliseconds: cursor.milliseconds, sequence: cursor.sequence)
      // What comes in while the audit looks is on its way as well.
      // Whoever opens the cell meanwhile writes to Redis and to the ledger one after the other.
      let isSettled = reached >= first && state.pending == 0 && isOpen(state, cell)
      if isSettled || redis.loop.milliseconds >= deadline {
        return CellState(
          record: state.record, lease: state.lease, lastEntry: isSettled ? first : state.lastEntry,
          lastID: state.lastID, trimmed: state.trimmed, pending: state.pending)
      }
      await redis.loop.sleep(for: .milliseconds(20))
    }
  }

  private func state(of cell: CellName) async throws(AuditError) -> CellState {
    let keys = CellKeys(cell)
    let record = try await auditing { () async throws(PostgresError) in
      guard let record = try await cells.find(cell) else {
        throw .decoding(column: "cell", reason: "\(cell) is gone")
      }
      return record
    }
    let pending = try await auditing { () async throws(PostgresError) in
      try await ledger.pendingCommands(of: cell)
    }
    let values = try await auditing { () async throws(RedisError) in
      try await redis.client(for: keys.lease).send(RedisCommand("MGET", keys.lease, keys.trimmed))
    }
    return CellState(
      record: record, lease: values[0].text, lastEntry: try await lastEntry(keys),
      lastID: try await lastID(keys), trimmed: Self.position(values[1]), pending: pending)
  }

  func lastEntry(_ keys: CellKeys) async throws(AuditError) -> StreamPosition {
    let entries = try await auditing { () async throws(RedisError) in
      try await redis.client(for: keys.lease).send(
        RedisCommand("XREVRANGE", keys.stream, "+", "-", "COUNT", 1))
    }
    return Self.position(entries[0][0])
  }

  private func lastID(_ keys: CellKeys) async throws(AuditError) -> StreamPosition {
    do throws(RedisError) {
      let information = try await redis.client(for: keys.lease).send(
        RedisCommand("XINFO", "STREAM", keys.stream))
      let fields = information.array ?? []
      let name = fields.firstIndex { $0.text == "last-generated-id" }
      return name.map { Self.position(information[$0 + 1]) } ?? .zero
    } catch {
      // There is no stream before the first opening.
      if case .server = error { return .zero }
      throw .redis(error)
    }
  }

  private static func position(_ value: RedisValue) -> StreamPosition {
    value.text.flatMap { StreamPosition($0) } ?? .zero
  }
}
