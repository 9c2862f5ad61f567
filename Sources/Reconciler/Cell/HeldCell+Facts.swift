internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension HeldCell {
  /// Brings a run of facts into the ledger, moves the cursor over it and tells the nodes.
  ///
  /// - Returns: how many facts were new to the ledger; `nil` when the cursor stands elsewhere than the
  ///   run begins, which was then read anew.
  /// - Throws: `.contradiction` when the ledger refuses a fact, and none is taken; or when an entry is
  ///   malformed, and all before it are.
  @discardableResult
  func apply(_ batch: FactBatch) async throws(ReconcilerError) -> Int? {
    let new = batch.isEmpty && batch.malformed != nil ? 0 : try await commit(batch)
    if let position = batch.malformed, new != nil {
      throw .contradiction("the stream entry at \(position) is malformed")
    }
    return new
  }

  private func commit(_ batch: FactBatch) async throws(ReconcilerError) -> Int? {
    let result = try await ledger { () async throws(PostgresError) in
      try await add(batch)
    }
    guard case .applied(let new) = result else {
      try await renew()
      return nil
    }
    advanced(to: batch.last)
    metrics.committed(batch, now: redisMilliseconds)
    publishCursor()
    return new
  }

  private func add(_ batch: FactBatch) async throws(PostgresError) -> CellStore.Application {
    let after = CellRecord.Cursor(batch.after)
    let last = CellRecord.Cursor(batch.last)
    if batch.stock.isEmpty {
      return try await store.apply(
        batch.coupons, to: cell, as: holder, hold: limits.hold, from: after, to: last)
    }
    return try await store.apply(
      batch.coupons, batch.stock, to: cell, as: holder, hold: limits.hold, from: after, to: last)
  }

  /// Tells the nodes how far the ledger is and in which epoch; a lost message is made up for by the
  /// next, and by whoever waits. Redis keeps how far, to know a ledger that falls behind itself.
  private func publishCursor() {
    let position = cursor.description
    let message = "cursor \(position) \(record.epoch)"
    redis.call(expectedReplies: 2) { writer in
      writer.command(argumentCount: 3)
      writer.argument("PUBLISH" as StaticString)
      writer.argument(keys.channel)
      writer.argument(message)
      writer.command(argumentCount: 3)
      writer.argument("SET" as StaticString)
      writer.argument(keys.told)
      writer.argument(position)
    } completion: { _ in
    }
  }

  /// Brings all facts up to `last` into the ledger; of several that it refuses together, those before
  /// the first that it refuses alone.
  ///
  /// A ledger that was restored from a backup may refuse an order because it has forgotten that another
  /// one was cancelled. Once that is cancelled again, there is room.
  /// - Returns: how many were new.
  func drain(to last: StreamPosition) async throws(ReconcilerError) -> Int {
    let most = limits.entriesPerRead.lowerBound * 8
    var count = most
    var taken = 0
    while cursor < last {
      let batch = try await read(count: count)
      if batch.isEmpty && batch.malformed == nil { break }
      do {
        taken += try await apply(batch) ?? 0
        count = min(most, count * 2)
      } catch .contradiction(let reason) {
        guard batch.instants.count > 1 else { throw .contradiction(reason) }
        count = max(1, batch.instants.count / 2)
      }
    }
    return taken
  }

  /// Moves the cursor to `last` without taking what lies between.
  func skip(to last: StreamPosition) async throws(ReconcilerError) {
    guard cursor < last else { return }
    let result = try await ledger { () async throws(PostgresError) in
      try await store.apply(
        CouponFacts(), to: cell, as: holder, hold: limits.hold,
        from: CellRecord.Cursor(cursor), to: CellRecord.Cursor(last))
    }
    guard case .applied = result else { throw .lost }
    advanced(to: last)
  }

  func read(count: Int) async throws(ReconcilerError) -> FactBatch {
    let after = cursor
    let runID = redis.runID
    let capacity = limits.factsPerBatch
    let keySalt = try await readKeySalt()
    let result: Result<FactBatch, RedisError> = await withCheckedContinuation { continuation in
      redis.call { writer in
        FactBatch.writeRead(of: keys.stream, after: after, count: count, block: nil, into: &writer)
      } completion: { reply in
        if let failure = reply.failure {
          continuation.resume(returning: .failure(failure))
        } else {
          continuation.resume(
            returning: .success(
              FactBatch(
                reply, after: after, runID: runID, capacity: capacity, keySalt: keySalt)))
        }
      }
    }
    return try await Reconciler.redis { () throws(RedisError) in try result.get() }
  }
}

extension HeldCell {
  /// What keys of orders of earlier versions are salted with, whose facts may be among those that a cell is behind.
  private func readKeySalt() async throws(ReconcilerError) -> Identifier? {
    if keySalt == nil {
      keySalt = try await ledger { () async throws(PostgresError) in
        try await store.keySalt(of: cell)
      }
    }
    return keySalt
  }
}

extension HeldCell {
  /// Drops what the order says and measures what is left.
  func trim(_ order: TrimPolicy.Order) async throws(ReconcilerError) -> TrimPolicy.Outcome {
    let state = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        ScriptCatalog.trimStream.script, keys: [keys.stream, keys.trimmed],
        arguments: [order.below.description, order.oldest.description, order.excess])
    }
    let measure = StreamMeasure(
      entries: state[2].integer ?? 0, oldest: state[3].text.flatMap { StreamPosition($0) },
      last: state[4].text.flatMap { StreamPosition($0) } ?? .zero, bytes: state[5].integer ?? 0)
    metrics.streamEntries.set(measure.entries)
    metrics.streamBytes.set(measure.bytes)
    return TrimPolicy.Outcome(
      isSame: state[0].integer == 1, removed: state[1].integer ?? 0, measure: measure)
  }
}
