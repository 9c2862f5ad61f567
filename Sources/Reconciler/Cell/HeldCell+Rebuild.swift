internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// What a rebuild loaded.
struct RebuiltContents {
  var campaigns = 0
  var holders = 0
  var sales = 0
  var accounts = 0
  /// Pending orders, with what they hold.
  var orders = 0
  /// Idempotency records of claims, and of orders that are pending no more or have another key than their id says.
  var records = 0
}

extension HeldCell {
  /// Replaces the contents of the closed cell by what the ledger has.
  ///
  /// All of it is read from one snapshot, because orders may be cancelled or paid meanwhile: an order's record
  /// and the count of what is reserved must be of one moment, or its command would count for nothing or twice.
  /// Each kind of row is read once, in pages, each of which is found while the one before it is loaded.
  /// - Throws: `.overtaken` when somebody else closed, opened or wiped the cell meanwhile; `.lost` before
  ///   the next write once somebody else is known to hold it.
  func rebuild(_ closing: Closing) async throws(ReconcilerError) -> RebuiltContents {
    metrics.rebuilds.add()
    while !shared.enter() {
      await redis.loop.sleep(for: limits.retryInterval)
      try checkHeld()
    }
    defer { shared.leave() }
    let started = now
    let loaded: RebuiltContents
    do {
      loaded = try await pool.transaction(.snapshot) { transaction in
        try await load(from: transaction, closing)
      }
    } catch let error as ReconcilerError {
      throw error
    } catch let error as PostgresError {
      throw ReconcilerError(ledger: error)
    } catch {
      preconditionFailure("a transaction ends with an error of its body or of Postgres")
    }
    logger.info(
      "rebuilt a cell",
      [
        ("campaigns", .int(loaded.campaigns)), ("holders", .int(loaded.holders)),
        ("accounts", .int(loaded.accounts)), ("orders", .int(loaded.orders)),
        ("records", .int(loaded.records)), ("milliseconds", .int(Int(now - started))),
      ])
    return loaded
  }

  private func load(
    from transaction: PostgresTransaction, _ closing: Closing
  ) async throws(ReconcilerError) -> RebuiltContents {
    var loaded = RebuiltContents()
    let instant = try await ledger { () async throws(PostgresError) in
      try await CouponSnapshot.begin(transaction)
    }
    let campaigns = try await readCampaigns(transaction)
    try await clear(
      [keys.reserved] + keys.popular + keys.answers
        + campaigns.flatMap { [keys.campaign($0.id), keys.holders($0.id)] }, closing)
    // What is loaded next must not be overtaken: a script that Redis does not know is sent twice.
    try await closing.loads.drain()
    try await loadCampaigns(campaigns, transaction, at: instant, closing, &loaded)
    try await loadStock(transaction, closing, &loaded)
    try await closing.loads.drain()
    return loaded
  }

  // MARK: What is dropped

  /// Drops all idempotency records of the cell, and all stock, sales and answers to takes: those that
  /// the ledger lacks must not be answered or sold from. And what says that contents of another form are complete.
  func clearContents(_ closing: Closing) async throws(ReconcilerError) {
    let stock = keys.stockPrefixes
    let dropped = [
      keys.prefixes.records, stock.sales, stock.stock, stock.bought, stock.taken,
      keys.earlierComplete,
    ]
    try await shared.walk(of: redis, limits).find(
      keys, on: closing.runID
    ) { (names: [[UInt8]]) async throws(ReconcilerError) in
      try await self.clear(
        names.filter { name in dropped.contains { name.starts(with: $0) } }, closing)
    }
    try await closing.loads.drain()
  }

  private func clear(_ contents: [[UInt8]], _ closing: Closing) async throws(ReconcilerError) {
    for chunk in contents.chunks(of: limits.loadChunk) {
      try await load(ScriptCatalog.clearCell, closing, keys: [keys.complete] + chunk)
    }
  }

  // MARK: What is loaded

  /// Runs a script that answers 1 while the closing counts. Returns when it is under way;
  /// ``LoadWindow/drain()`` waits for its end.
  ///
  /// - Parameters:
  ///   - keys: behind the closing's, which comes first.
  ///   - arguments: behind the closing's nonce.
  /// - Throws: what an earlier one failed with.
  func load(
    _ script: CatalogedScript, _ closing: Closing, keys loaded: [[UInt8]],
    arguments: [any RedisArgument] = []
  ) async throws(ReconcilerError) {
    try await closing.loads.room()
    try checkHeld()
    closing.loads.enter()
    let rebuild = keys.rebuild
    redis.evaluate(
      script.script, keyCount: loaded.count + 1, argumentCount: arguments.count + 1,
      write: { writer in
        rebuild.write(into: &writer)
        for key in loaded { key.write(into: &writer) }
        closing.nonce.write(into: &writer)
        for argument in arguments { argument.write(into: &writer) }
      }, completion: { closing.loads.leave($0) })
  }

  /// Loads fields of a hash, in as many calls as they need.
  ///
  /// - Parameter fields: names and values in turn.
  func loadHash(
    _ key: [UInt8], _ fields: [any RedisArgument], _ closing: Closing
  ) async throws(ReconcilerError) {
    for chunk in fields.chunks(of: 2 * limits.loadChunk) {
      try await load(ScriptCatalog.loadHash, closing, keys: [key], arguments: Array(chunk))
    }
  }

  /// The next page of what the ledger has.
  func next<Element>(
    of pages: LedgerPages<Element>
  ) async throws(ReconcilerError) -> [Element]? {
    try await ledger { () async throws(PostgresError) in try await pages.next() }
  }
}

extension Array {
  /// The elements in order, in slices of at most `size`.
  func chunks(of size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
