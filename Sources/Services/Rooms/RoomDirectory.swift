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

  /// What is known of a room.
  public enum Finding {
    case known(RoomEntry)
    case absent
    /// It has to be read: use ``RoomDirectory/load(_:of:)``.
    case unread
  }

  let entries: EntryDirectory<RoomEntry>
  let loop: EventLoop
  private let subscriber: RedisSubscriber
  private var timer: EventLoopTimer?
  /// Keeps what this loop tells of a room apart from what others tell.
  private let name = String(UInt64.random(in: .min ... .max), radix: 36)

  init(
    pool: PostgresPool, redis: RedisRouter, subscriber: RedisSubscriber, metrics: MetricsRegistry?
  ) {
    let store = RoomStore(pool: pool)
    let loop = redis.loop
    let joinSizes = metrics?.histogram(
      "spillway_room_join_batch_size", "Joins decided by one call.", buckets: .sizes)
    let sightSizes = metrics?.histogram(
      "spillway_room_sight_batch_size", "Tickets that one call told Redis were seen.",
      buckets: .sizes)
    entries = EntryDirectory(
      loop: loop, maximum: Self.maximumEntries,
      read: { key in try await store.find(key.id, of: key.tenant)?.room },
      make: { room in
        let client = redis.client(for: RoomKeys(room.id).room)
        let path = RoomPath(
          room: room.id, generation: room.generation, client: client, joinSizes: joinSizes,
          sightSizes: sightSizes)
        return RoomEntry(room: room, path: path, client: client, now: loop.milliseconds)
      })
    self.loop = loop
    self.subscriber = subscriber
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
    for entry in entries.all { entry.tellWaiters() }
  }

  /// Looks in memory only.
  @inline(__always)
  public func find(_ room: Identifier, of tenant: TenantID) -> Finding {
    switch entries.find(room, of: tenant) {
    case .known(let entry):
      entry.usedAt = loop.milliseconds
      return .known(entry)
    case .absent: return .absent
    case .unread: return .unread
    }
  }

  /// Reads a room from the ledger; requests for the same one share the query.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func load(_ room: Identifier, of tenant: TenantID) async throws -> RoomEntry? {
    let entry = try await entries.load(room, of: tenant)
    entry?.usedAt = loop.milliseconds
    return entry
  }

  /// Takes a room as the ledger has it now.
  func take(_ room: Room) async {
    await entries.remember(room, as: EntryKey(tenant: room.tenant, id: room.id))
  }

  /// Takes word, from whichever loop it was, that visitors left or were revoked. What gets lost, or
  /// concerns a room that nobody asks for here, the next read of the room brings.
  private func tookDepartures(_ message: UnsafeRawBufferPointer) {
    let words = String(decoding: message, as: UTF8.self).split(separator: " ")
    guard words.count > 2, let tenant = TenantID(String(words[0])),
      let room = Identifier(String(words[1])),
      let entry = entries.remembered(EntryKey(tenant: tenant, id: room)),
      loop.milliseconds &- entry.usedAt < RoomEntry.interestMilliseconds
    else { return }
    entry.note(ended: words.dropFirst(2).compactMap { Int($0) }, now: loop.milliseconds)
  }

  private func readAll() {
    let now = loop.milliseconds
    for entry in entries.all
    where now &- entry.usedAt < RoomEntry.interestMilliseconds {
      readState(of: entry)
      entry.tellLoad(as: name, now: now)
    }
  }
}
