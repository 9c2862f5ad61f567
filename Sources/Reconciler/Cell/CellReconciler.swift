internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Redis
internal import Telemetry

/// Works on one held cell, one small step after the other, until the cell is lost or it is told to
/// stop. Loop-confined.
final class CellReconciler {
  let held: HeldCell
  private let reader: FactReader
  private let lag: LagWatch
  private let wake: Wake
  private let limits: ReconcilerLimits
  private var trim: TrimPolicy
  private var isStopping = false
  private(set) var isVouched = false
  private var hasCommands = true
  private var guardAt: UInt64 = 0
  private var trimAt: UInt64 = 0
  private var haltedUntil: UInt64 = 0
  private var reported: String?

  init(held: HeldCell) {
    self.held = held
    limits = held.limits
    lag = LagWatch(held)
    trim = TrimPolicy(held.limits)
    let wake = Wake(loop: held.redis.loop)
    self.wake = wake
    reader = FactReader(
      redis: held.router, keys: held.keys, limits: held.limits, onReady: { wake.raise() })
  }

  // MARK: What others tell

  /// Ends ``run()`` after the step under way.
  func stop() {
    isStopping = true
    wake.raise()
  }

  /// The outbox holds commands for the cell.
  func commandsCame() {
    hasCommands = true
    wake.raise()
  }

  /// The connection to Redis was made or lost.
  func connectionChanged() {
    guardAt = 0
    wake.raise()
  }

  // MARK: Steps

  /// Works until the cell is lost or ``stop()``.
  func run() async {
    defer {
      held.metrics.isOpen.set(0)
      reader.close()
      lag.close()
    }
    while !isStopping {
      do {
        try await step()
        if isVouched { reported = nil }
      } catch .lost {
        held.logger.info("a cell is held by somebody else now")
        return
      } catch {
        await recover(from: error)
      }
    }
  }

  /// Does what is due, or waits a little for something to do.
  private func step() async throws(ReconcilerError) {
    try await renewIfDue()
    if held.now < haltedUntil {
      await wake.wait(upTo: limits.renewInterval)
      return
    }
    try await guardIfDue()
    guard isVouched else {
      try await open()
      return
    }
    try await held.noteCommands()
    if hasCommands, held.carried == nil { try await applyCommands() }
    if reader.isStopped { reader.start(after: held.cursor) }
    // Also while facts keep coming: a stream that is not trimmed fills up.
    try await trimIfDue()
    if let batch = reader.take() {
      try await apply(batch)
    } else {
      await wake.wait(upTo: limits.guardInterval / 2)
    }
  }

  private func renewIfDue() async throws(ReconcilerError) {
    guard held.isRenewalDue else { return }
    let cursor = held.cursor
    try await held.renew()
    if held.cursor != cursor { cursorMoved() }
  }

  /// The ledger's cursor is not where this reconciler left it: the ledger was restored, or somebody
  /// else worked on the cell in between.
  private func cursorMoved() {
    reader.stop()
    trim.reset()
    guardAt = 0
  }

  private func guardIfDue() async throws(ReconcilerError) {
    guard held.now >= guardAt else { return }
    isVouched = try await held.isVouched()
    held.metrics.isOpen.set(isVouched ? 1 : 0)
    guardAt = held.now + limits.guardInterval.milliseconds
  }

  private func open() async throws(ReconcilerError) {
    reader.stop()
    trim.reset()
    try await held.open()
    isVouched = true
    hasCommands = true
    guardAt = held.now + limits.guardInterval.milliseconds
    reader.start(after: held.cursor)
  }

  private func applyCommands() async throws(ReconcilerError) {
    hasCommands = false
    do {
      hasCommands = try await held.applyCommands() >= limits.commandsPerStep
    } catch {
      hasCommands = true
      throw error
    }
  }

  private func apply(_ batch: FactBatch) async throws(ReconcilerError) {
    // A server that the ledger has not vouched for may tell another history.
    guard batch.after == held.cursor, batch.runID == held.record.runID else {
      reader.stop()
      return
    }
    if try await held.apply(batch) == nil {
      cursorMoved()
    } else {
      trim.took(batch.instants.count)
    }
  }

  private func trimIfDue() async throws(ReconcilerError) {
    guard held.now >= trimAt else { return }
    trimAt = held.now + limits.trimInterval.milliseconds
    let order = trim.order(now: held.redisMilliseconds, cursor: held.cursor)
    trim.took(try await held.trim(order))
  }

  // MARK: Failures

  private func recover(from error: ReconcilerError) async {
    reader.stop()
    switch error {
    case .contradiction(let reason), .gap(let reason):
      await halt(reason)
    case .overtaken, .redis:
      isVouched = false
      guardAt = 0
    case .postgres:
      // Whether the last write took effect is not known: the row tells.
      do { try await held.renew() } catch { guardAt = 0 }
    case .lost:
      break
    }
    report(error)
    await wake.wait(upTo: limits.retryInterval)
  }

  /// Closes the cell until all its facts can be taken.
  private func halt(_ reason: String) async {
    isVouched = false
    do {
      _ = try await held.close()
      try await held.note(reason, halting: true)
      haltedUntil = held.now + limits.haltedInterval.milliseconds
    } catch {
      // Tried again: what caused the halt will be met again.
      report(error)
    }
  }

  /// Logs an error once, not each time that it is met again.
  private func report(_ error: ReconcilerError) {
    let text = error.description
    guard reported != text else { return }
    reported = text
    switch error {
    case .contradiction, .gap: held.logger.error("closed a cell", [("reason", .string(text))])
    default: held.logger.warning("work on a cell is held up", [("reason", .string(text))])
    }
  }
}
