public import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// Finds rooms from memory, and keeps what their admitters tell at hand. Loop-confined.
///
/// A room that is polled is read some four times a second, however many poll; one that is not costs
/// nothing.
public final class RoomDirectory {
  /// Rooms that are remembered; beyond, the memory starts afresh.
  public static let maximumEntries = 10_000
  /// How often a room in use is read.
  static let readInterval = Duration.milliseconds(250)
  /// How long it is remembered that a room does not exist.
  static let absenceMilliseconds: UInt64 = 500
  static let maximumAbsences = 10_000
  /// How long a read may take; polls are answered from what is known meanwhile.
  static let readTimeout = Duration.seconds(1)
  /// Ended numbers that one read brings, and how far reads overlap: those written in the same
  /// millisecond as the last may have been missed.
  static let endedPerRead = 5_000
  static let endedOverlap: Int64 = 1_000

  /// What is known of a room.
  public enum Finding {
    case known(RoomEntry)
    case absent
    /// It has to be read: use ``RoomDirectory/load(_:of:)``.
    case unread
  }

  private struct Key: Hashable {
    let tenant: TenantID
    let room: Identifier
  }

  /// A query that several requests wait for.
  private final class Reading {
    var task: Task<Void, Never>?
    var failure: (any Error)?
  }

  private let store: RoomStore
  private let redis: RedisRouter
  private let subscriber: RedisSubscriber
  private let loop: EventLoop
  private let joinSizes: Histogram?
  private let sightSizes: Histogram?
  private var entries: [Key: RoomEntry] = [:]
  private var absences: [Key: UInt64] = [:]
  private var reading: [Key: Reading] = [:]
  /// The room found last, which in a crowd is the one asked for next.
  @exclusivity(unchecked) private var last: RoomEntry?
  private var timer: EventLoopTimer?
  /// Keeps what this loop tells of a room apart from what others tell.
  private let name = String(UInt64.random(in: .min ... .max), radix: 36)

  init(
    pool: PostgresPool, redis: RedisRouter, subscriber: RedisSubscriber, metrics: MetricsRegistry?
  ) {
    store = RoomStore(pool: pool)
    self.redis = redis
    self.subscriber = subscriber
    loop = redis.loop
    joinSizes = metrics?.histogram(
      "spillway_room_join_batch_size", "Joins decided by one call.", buckets: .sizes)
    sightSizes = metrics?.histogram(
      "spillway_room_sight_batch_size", "Tickets that one call told Redis were seen.",
      buckets: .sizes)
  }

  func start() {
    subscriber.subscribe(RoomKeys.departures) { [weak self] _, message in
      self?.tookDepartures(message)
    }
    timer = EventLoopTimer(loop: loop) { [weak self] in self?.readAll() }
    timer?.start(after: Self.readInterval, every: Self.readInterval)
  }

  func stop() {
    timer?.cancel()
    timer = nil
    for entry in entries.values { tellWaiters(of: entry) }
  }

  // MARK: Finding

  /// Looks in memory only.
  @inline(__always)
  public func find(_ room: Identifier, of tenant: TenantID) -> Finding {
    if let last, last.facts.room == room, last.tenant == tenant { return .known(used(last)) }
    let key = Key(tenant: tenant, room: room)
    guard let found = entries[key] else {
      if let until = absences[key], loop.milliseconds < until { return .absent }
      return .unread
    }
    last = found
    return .known(used(found))
  }

  @inline(__always)
  private func used(_ entry: RoomEntry) -> RoomEntry {
    entry.usedAt = loop.milliseconds
    if loop.milliseconds &- entry.termsReadAt > RoomEntry.lifeMilliseconds { readTerms(entry) }
    return entry
  }

  /// Reads a room from the ledger; requests for the same one share the query.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func load(_ room: Identifier, of tenant: TenantID) async throws -> RoomEntry? {
    let key = Key(tenant: tenant, room: room)
    let shared = reading[key] ?? begin(key)
    await shared.task?.value
    if let failure = shared.failure { throw failure }
    guard let entry = entries[key] else { return nil }
    entry.usedAt = loop.milliseconds
    return entry
  }

  private func begin(_ key: Key) -> Reading {
    let reading = Reading()
    self.reading[key] = reading
    reading.task = loop.spawn { [self] in
      do { try await read(key) } catch { reading.failure = error }
      self.reading[key] = nil
    }
    return reading
  }

  private func read(_ key: Key) async throws {
    guard let record = try await store.find(key.room, of: key.tenant) else {
      if absences.count >= Self.maximumAbsences { absences.removeAll() }
      absences[key] = loop.milliseconds + Self.absenceMilliseconds
      return
    }
    take(record.room)
  }

  /// Takes a room as the ledger has it now.
  func take(_ room: Room) {
    let key = Key(tenant: room.tenant, room: room.id)
    absences[key] = nil
    if let entry = entries[key] { return entry.update(room, now: loop.milliseconds) }
    if entries.count >= Self.maximumEntries {
      entries.removeAll()
      last = nil
    }
    let client = redis.client(for: RoomKeys(room.id).room)
    let path = RoomPath(
      room: room.id, generation: room.generation, client: client, joinSizes: joinSizes,
      sightSizes: sightSizes)
    entries[key] = RoomEntry(room: room, path: path, client: client, now: loop.milliseconds)
  }

  private func readTerms(_ entry: RoomEntry) {
    guard !entry.isReadingTerms else { return }
    entry.isReadingTerms = true
    // A second later again when the ledger cannot be asked: the terms at hand go on serving.
    entry.termsReadAt = loop.milliseconds &- RoomEntry.lifeMilliseconds &+ 1_000
    loop.spawn { [self] in
      try? await read(Key(tenant: entry.room.tenant, room: entry.room.id))
      entry.isReadingTerms = false
    }
  }

  // MARK: Departures

  /// Takes word, from whichever loop it was, that visitors left or were revoked. What gets lost, or
  /// concerns a room that nobody asks for here, the next read of the room brings.
  private func tookDepartures(_ message: UnsafeRawBufferPointer) {
    let words = String(decoding: message, as: UTF8.self).split(separator: " ")
    guard words.count > 2, let tenant = TenantID(String(words[0])),
      let room = Identifier(String(words[1])),
      let entry = entries[Key(tenant: tenant, room: room)],
      loop.milliseconds &- entry.usedAt < RoomEntry.interestMilliseconds
    else { return }
    entry.note(ended: words.dropFirst(2).compactMap { Int($0) }, now: loop.milliseconds)
  }

  // MARK: The admitter's word

  /// Runs `body` once the room's state was read lately, or could not be: at once, or soon.
  func whenFresh(_ entry: RoomEntry, _ body: @escaping () -> Void) {
    if entry.isFresh(loop.milliseconds) { return body() }
    entry.waiters.append(body)
    readState(of: entry)
  }

  private func readAll() {
    let now = loop.milliseconds
    for entry in entries.values
    where now &- entry.usedAt < RoomEntry.interestMilliseconds {
      readState(of: entry)
      entry.tellLoad(as: name, now: now)
    }
  }

  private func readState(of entry: RoomEntry) {
    guard !entry.isReadingState else { return }
    entry.isReadingState = true
    let keys = entry.path.keys
    let since = entry.endedUntil.map { "\($0 - Self.endedOverlap)" } ?? "-inf"
    let reading = StateReading()
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

  /// The four replies of one read.
  private final class StateReading {
    var state: RoomState?
    var ended: [(number: Int, at: Int64)]?
    /// When the first of all that Redis still keeps ended.
    var oldestEnd: Int64?
    var time: Int64?
    private var count = 0

    /// Returns true with the last reply.
    func take(_ reply: RedisReply) -> Bool {
      count += 1
      switch count {
      case 1: if reply.kind == .string { state = RoomState(reply.bytes) }
      case 2:
        guard reply.kind == .array else { break }
        ended = stride(from: 0, to: reply.count - 1, by: 2).map {
          (reply[$0].decimal ?? 0, Int64(reply[$0 + 1].decimal ?? 0))
        }
      case 3:
        // Without this word it is not known what may be forgotten.
        guard reply.kind == .array else {
          ended = nil
          break
        }
        guard reply.count == 2 else { break }
        oldestEnd = reply[1].decimal.map(Int64.init)
      default:
        guard reply.kind == .array, reply.count == 2, let seconds = reply[0].decimal,
          let microseconds = reply[1].decimal
        else { break }
        time = Int64(seconds) * 1000 + Int64(microseconds) / 1000
      }
      return count == 4
    }
  }

  private func finish(_ reading: StateReading, _ entry: RoomEntry) {
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
    if let state = reading.state, let time = reading.time {
      entry.take(state, redisNow: time, now: loop.milliseconds)
      if state.version > entry.room.version { readTerms(entry) }
      computeOrder(entry, state)
    }
    tellWaiters(of: entry)
  }

  private func tellWaiters(of entry: RoomEntry) {
    let waiters = entry.waiters
    entry.waiters = []
    for waiter in waiters { waiter() }
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
