internal import Domain
internal import HotPath
internal import Redis

/// The admitter's word, and whose admissions are over.
extension RoomDirectory {
  /// How long a read may take; polls are answered from what is known meanwhile.
  static let readTimeout = Duration.seconds(1)
  /// Ended numbers that one read brings, and how far reads overlap: those written in the same
  /// millisecond as the last may have been missed.
  static let endedPerRead = 5_000
  static let endedOverlap: Int64 = 1_000

  /// Runs `body` once the room's state was read lately, or could not be: at once, or soon.
  func whenFresh(_ entry: RoomEntry, _ body: @escaping () -> Void) {
    if entry.isFresh(loop.milliseconds) { return body() }
    entry.waiters.append(body)
    readState(of: entry)
  }

  /// Reads the room's terms from the ledger, unless it cannot be asked.
  func readTerms(of entry: RoomEntry) async {
    _ = try? await entries.load(entry.key.id, of: entry.key.tenant)
  }

  func readState(of entry: RoomEntry) {
    guard !entry.isReadingState else { return }
    entry.isReadingState = true
    let keys = entry.path.keys
    let since = entry.endedUntil.map { "\($0 - Self.endedOverlap)" } ?? "-inf"
    let reading = RoomStateReading()
    entry.client.call(expectedReplies: 4, timeout: Self.readTimeout) { writer in
      writer.command(argumentCount: 2)
      writer.argument("GET" as StaticString)
      writer.argument(keys.state)
      writer.command(argumentCount: 8)
      writer.argument("ZRANGEBYSCORE" as StaticString)
      writer.argument(keys.ended)
      writer.argument(since)
      writer.argument("+inf" as StaticString)
      writer.argument("WITHSCORES" as StaticString)
      writer.argument("LIMIT" as StaticString)
      writer.argument(0)
      writer.argument(Self.endedPerRead)
      writer.command(argumentCount: 5)
      writer.argument("ZRANGE" as StaticString)
      writer.argument(keys.ended)
      writer.argument(0)
      writer.argument(0)
      writer.argument("WITHSCORES" as StaticString)
      writer.command(argumentCount: 1)
      writer.argument("TIME" as StaticString)
    } completion: { [weak self] reply in
      guard reading.take(reply) else { return }
      self?.finish(reading, entry)
    }
  }

  private func finish(_ reading: RoomStateReading, _ entry: RoomEntry) {
    entry.isReadingState = false
    if let ended = reading.ended {
      entry.take(ended: ended, oldest: reading.oldestEnd, until: reading.time)
      if ended.count >= Self.endedPerRead, let last = ended.last, last.at != entry.endedUntil {
        // More than one read brings: what follows is read before anybody is answered by it.
        entry.endedUntil = last.at + Self.endedOverlap
        return readState(of: entry)
      }
      if let time = reading.time { entry.endedUntil = time }
    }
    if let state = reading.state, state.generation > entry.room.generation {
      return catchUp(entry, with: state)
    }
    if let state = reading.state, let time = reading.time {
      entry.take(state, redisNow: time, now: loop.milliseconds)
      if state.version > entry.room.version { entries.refresh(entry) }
      computeOrder(entry, state)
    }
    entry.tellWaiters()
  }

  /// All was revoked, which this loop has not heard of: what it knows answers nobody any more.
  private func catchUp(_ entry: RoomEntry, with state: RoomState) {
    entry.isReadingState = true
    loop.spawn { [self] in
      await readTerms(of: entry)
      entry.isReadingState = false
      guard entry.room.generation >= state.generation else { return entry.tellWaiters() }
      readState(of: entry)
    }
  }

  /// A draw among a crowd takes a while to follow, so it is done elsewhere.
  private func computeOrder(_ entry: RoomEntry, _ state: RoomState) {
    guard entry.order == nil, !entry.isComputingOrder, let draw = state.draw,
      let seed = state.seed.flatMap({ ShuffleSeed(hexadecimal: $0) })
    else { return }
    entry.isComputingOrder = true
    loop.spawn {
      let order = await Task.detached { PrequeueOrder(draw: draw, seed: seed) }.value
      entry.isComputingOrder = false
      if state.generation == entry.room.generation { entry.take(order) }
    }
  }
}
