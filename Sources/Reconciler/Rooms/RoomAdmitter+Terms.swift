internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

extension RoomAdmitter {
  /// Brings the terms from the ledger to Redis, with the floors of what it may have lost.
  func put() async throws(ReconcilerError) {
    let held = try await ledger { () async throws(PostgresError) in try await store.read(room.id) }
    guard let held else { throw .lost }
    guard let runID = redis.runID else { throw .redis(.disconnected) }
    // Somebody else may have held the room since this one last admitted.
    inside = max(inside, held.inside)
    if putTo != runID {
      // Before the first number is given: those of the time until the next note lie below.
      let raised = RoomProgressStore.Note(
        room: room.id, next: held.next + limits.numberLead, served: held.served, inside: inside,
        version: held.room.version)
      try await ledger { () async throws(PostgresError) in try await store.raise(raised) }
      next = max(next, raised.next)
    }
    room = held.room
    let terms = room.terms
    let drawn = room.lot?.draw
    let arguments: [any RedisArgument] = [
      room.version, room.generation, runID, terms.capacity, terms.ratePerSecond,
      terms.sessionSeconds * 1000, terms.lapseMilliseconds,
      Int(terms.opensAt?.milliseconds ?? 0), terms.prequeueShuffle ? 1 : 0,
      terms.queueing.rawValue, room.base, held.next, held.served, inside,
      drawn.map { "\($0.count)" } ?? "", drawn == nil ? "" : room.lot?.seed.hexadecimal ?? "",
    ]
    let applied = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        ScriptCatalog.putRoom.script, keys: keys.forPut, arguments: arguments)
    }
    putTo = runID
    needsPut = false
    if applied.integer == 2, held.next > room.base + 1 {
      logger.info("a room was brought to another Redis", [("next_number", .int(held.next))])
    }
  }

  /// Puts the pre-queue in the order of the lot. Interrupted anywhere, it is taken up again.
  func draw() async throws(ReconcilerError) {
    guard let lot = room.lot else { throw .contradiction("a pre-queue has no lot") }
    let count = try await run(step: "begin")
    guard count >= 0 else { return }
    _ = try await ledger { () async throws(PostgresError) in
      try await store.recordDraw(of: count, in: room)
    }
    // Whoever noted it first: that is what everybody will check.
    let held = try await ledger { () async throws(PostgresError) in try await store.read(room.id) }
    guard let held else { throw .lost }
    guard held.room.generation == room.generation, let draw = held.room.lot?.draw else { return }
    let order = await Task.detached { PrequeueOrder(draw: draw, seed: lot.seed) }.value
    for first in stride(from: 1, through: draw.count, by: limits.drawChunk) {
      let numbers = first...min(draw.count, first + limits.drawChunk - 1)
      _ = try await run(
        step: "move", first: draw.base + first,
        orders: numbers.map { order.order(of: draw.base + $0) })
    }
    let finished = try await run(step: "finish", seed: lot.seed.hexadecimal)
    needsPut = true
    logger.info(
      "the pre-queue was drawn",
      [("count", .int(draw.count)), ("finished", .bool(finished == 1))])
  }

  private func run(
    step: String, first: Int = 0, seed: String = "", orders: [Int] = []
  ) async throws(ReconcilerError) -> Int {
    guard let lease else { throw .redis(.disconnected) }
    let reply = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        ScriptCatalog.drawTickets.script, keys: keys.forDraw,
        arguments: [lease, step, first, seed] + orders)
    }
    return reply.integer ?? -1
  }
}
