internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// A cell that its holder has closed, and the state that it was found in.
struct Closing {
  /// Names this closing in Redis.
  let nonce: String
  /// The server that was asked.
  let runID: String
  /// The epoch of the lease that was there; 0 without one.
  let epoch: Int
  /// The last id that the stream gave; `nil` without a stream.
  let last: StreamPosition?
  /// All that the ledger has is there, in this version's form.
  let isComplete: Bool
  /// A process of the form before has filled the cell.
  let isOfEarlierForm: Bool
  /// Entries below this one are gone.
  let trimmed: StreamPosition?
  /// What is being loaded into the cell.
  let loads = LoadWindow()
}

extension HeldCell {
  /// Makes the cell open under a lease that the ledger vouches for.
  ///
  /// Redis that is not behind the ledger and has its contents is vouched for as it is; else it is
  /// rebuilt. A cell that was halted first brings all its facts into the ledger, so that it does not
  /// open and halt again. The hold is kept, however long it takes.
  func open() async throws(ReconcilerError) {
    try await keepingHold { () async throws(ReconcilerError) in try await openHeld() }
  }

  /// Why a cell is closed that is being rebuilt; versions know each other's by it.
  static let rebuilding = "being rebuilt from the ledger"

  private func openHeld() async throws(ReconcilerError) {
    try await renew()
    // Whoever began to rebuild it, of whatever version, may have come half the way.
    let wasBeingRebuilt = record.closedBecause == Self.rebuilding
    let closing = try await close()
    try checkGap(trimmed: closing.trimmed)
    let isKept =
      !wasBeingRebuilt && closing.isComplete && !closing.isOfEarlierForm
      && (closing.last.map { $0 >= cursor } ?? false)
      && !isRestored
      && closing.epoch <= record.epoch
    if !isKept || record.isHalted, let last = closing.last { _ = try await drain(to: last) }
    if !isKept {
      try await note(Self.rebuilding, halting: false)
      // A server that was wiped has nothing of facts that were lost, and need not be searched.
      if closing.last != nil || closing.isComplete || closing.isOfEarlierForm {
        try await clearContents(closing)
      }
      _ = try await rebuild(closing)
    } else {
      try await putAgain(closing)
    }
    try await open(closing, contents: isKept ? "kept" : "rebuilt")
  }

  /// Closes the cell in Redis and looks at what is there.
  func close() async throws(ReconcilerError) -> Closing {
    guard let runID = redis.runID else { throw .redis(.disconnected) }
    // What was carried out and not noted is carried out anew: that it had an effect may be forgotten.
    carried = nil
    let nonce = "\(holder):\(UInt64.random(in: 0...UInt64.max))"
    let state = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        ScriptCatalog.closeCell.script,
        keys: [keys.lease, keys.rebuild, keys.stream, keys.complete, keys.trimmed],
        arguments: [nonce])
    }
    metrics.isOpen.set(0)
    let told = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.send(RedisCommand("GET", keys.told))
    }
    let earlier = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.send(RedisCommand("EXISTS", keys.earlierComplete))
    }
    _ = try await findsLedgerRestored(told)
    let epoch = state[0].text.flatMap { $0.split(separator: ":").first.flatMap { Int($0) } }
    return Closing(
      nonce: nonce, runID: runID, epoch: epoch ?? 0,
      last: state[1].text.flatMap { StreamPosition($0) }, isComplete: state[2].text == "1",
      isOfEarlierForm: earlier.integer == 1,
      trimmed: state[3].text.flatMap { StreamPosition($0) })
  }

  /// Vouches for the closed cell and opens it.
  func open(_ closing: Closing, contents: String) async throws(ReconcilerError) {
    let row = try await ledger { () async throws(PostgresError) in
      try await store.open(
        cell, as: holder, above: closing.epoch, runID: closing.runID, hold: limits.hold)
    }
    try take(row)
    // What was loaded counts only on the server that it was loaded into.
    guard redis.runID == closing.runID else { throw .overtaken }
    let opened = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        ScriptCatalog.openCell.script,
        keys: [
          keys.lease, keys.rebuild, keys.stream, keys.complete, keys.trimmed, keys.told,
        ],
        arguments: [closing.nonce, lease, cursor.description, contents, keys.channel])
    }
    guard opened.integer == 1 else { throw .overtaken }
    metrics.isOpen.set(1)
    logger.info(
      "opened a cell",
      [
        ("lease", .string(lease)), ("contents", .string(contents)),
        ("cursor", .string(cursor.description)),
      ])
  }

  /// Writes down why the cell is closed.
  func note(_ reason: String, halting: Bool) async throws(ReconcilerError) {
    if record.closedBecause == reason && (record.isHalted || !halting) { return }
    let row = try await ledger { () async throws(PostgresError) in
      try await store.close(
        cell, as: holder, because: reason, halting: halting, hold: limits.hold)
    }
    try take(row)
  }
}
