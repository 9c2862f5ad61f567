public import Domain
internal import EventLoop
public import HotPath
public import Ledger
internal import Postgres
internal import Redis

/// Rooms as operators manage them. Loop-confined.
public final class RoomService: AsksLedger {
  typealias Refusal = OperatorRefusal

  /// How long a change waits to be seen in Redis before it is answered all the same.
  static let settleLimit = Duration.seconds(2)
  static let settleInterval = Duration.milliseconds(10)
  /// Tries of a change against changes by others.
  static let maximumTries = 5
  /// Bytes of a room's secret.
  static let secretCount = 32

  private let store: RoomStore
  private let redis: RedisRouter
  private let directory: RoomDirectory
  private let loop: EventLoop
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, redis: RedisRouter, directory: RoomDirectory, clock: WallClock) {
    store = RoomStore(pool: pool)
    self.redis = redis
    self.directory = directory
    loop = redis.loop
    self.clock = clock
  }

  /// Adds a room. When it returns, visitors can join, unless no reconciler works.
  public func create(
    _ draft: RoomDraft, for tenant: TenantID, by user: UserID
  ) async throws(OperatorRefusal) -> RoomStore.Record {
    let room = Room(
      id: identifiers.next(at: clock.now()), tenant: tenant, name: draft.name, terms: draft.terms,
      target: draft.target, bypass: draft.bypass, generation: 1, base: 0,
      secrets: [SecureRandom.bytes(Self.secretCount)],
      lot: draft.terms.prequeueShuffle ? PrequeueLot(seed: Self.newSeed(), draw: nil) : nil,
      version: 1)
    try Self.check(room)
    let record = try await asked { () async throws(PostgresError) in
      try await store.insert(room, by: user)
    }
    await settle(record.room)
    return record
  }

  /// Changes a room, within a second for whoever waits or joins.
  public func change(
    _ id: Identifier, of tenant: TenantID, _ change: RoomChange
  ) async throws(OperatorRefusal) -> RoomStore.Record {
    for _ in 0..<Self.maximumTries {
      let known = try await find(id, of: tenant)
      let changed = change.applied(to: known.room)
      try Self.check(changed)
      if changed == known.room { return known }
      if known.room.lot?.draw != nil, changed.terms.opensAt != known.room.terms.opensAt {
        throw .invalid(field: "opens_at", reason: "cannot be changed: the draw was made")
      }
      let record = try await asked { () async throws(PostgresError) in
        try await store.update(changed, expected: known.room.version)
      }
      if let record {
        await settle(record.room)
        return record
      }
    }
    throw .conflict
  }

  /// Ends all tickets and admissions of a room; whoever wants in joins anew.
  public func revokeAll(
    _ id: Identifier, of tenant: TenantID
  ) async throws(OperatorRefusal) -> RoomStore.Record {
    let isDrawn = try await find(id, of: tenant).room.terms.prequeueShuffle
    let record = try await asked { () async throws(PostgresError) in
      try await store.revokeAll(id, of: tenant, seed: isDrawn ? Self.newSeed() : nil)
    }
    guard let record else { throw .notFound }
    await settle(record.room)
    return record
  }

  /// One room of the tenant.
  public func find(
    _ id: Identifier, of tenant: TenantID
  ) async throws(OperatorRefusal) -> RoomStore.Record {
    let record = try await asked { () async throws(PostgresError) in
      try await store.find(id, of: tenant)
    }
    guard let record else { throw .notFound }
    return record
  }

  /// The tenant's rooms, newest first, before the room `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(OperatorRefusal) -> [RoomStore.Record] {
    try await asked { () async throws(PostgresError) in
      try await store.list(of: tenant, before: cursor, limit: limit)
    }
  }

  /// What the room's admitter last told; `nil` when Redis cannot be asked or nobody admits.
  public func state(of room: Identifier) async -> RoomState? {
    let key = RoomKeys(room).state
    guard let reply = try? await redis.client(for: key).send(RedisCommand("GET", key)),
      let bytes = reply.bytes
    else { return nil }
    return bytes.withUnsafeBytes { RoomState($0) }
  }

  /// Waits until the room's admitter works under this version.
  private func settle(_ room: Room) async {
    await loop.poll(for: Self.settleLimit, every: Self.settleInterval) {
      await state(of: room.id).map { $0.version >= room.version } ?? false
    }
    await directory.take(room)
  }

  private static func newSeed() -> ShuffleSeed {
    ShuffleSeed(bytes: SecureRandom.bytes(ShuffleSeed.count))!
  }

  // MARK: Rules

  static func check(_ room: Room) throws(OperatorRefusal) {
    let terms = room.terms
    try check("capacity", terms.capacity, RoomTerms.Bounds.capacity)
    try check("rate_per_second", terms.ratePerSecond, RoomTerms.Bounds.ratePerSecond)
    try check("session_seconds", terms.sessionSeconds, RoomTerms.Bounds.sessionSeconds)
    try check("grace_seconds", terms.graceSeconds, RoomTerms.Bounds.graceSeconds)
    if terms.prequeueShuffle, terms.opensAt == nil {
      throw .invalid(field: "opens_at", reason: "is required for prequeue_shuffle")
    }
    if let adaptive = terms.adaptive, adaptive.minimumPerSecond > terms.ratePerSecond {
      throw .invalid(
        field: "adaptive.min_rate_per_second", reason: "must not be above rate_per_second")
    }
  }

  private static func check(
    _ field: String, _ value: Int, _ range: ClosedRange<Int>
  ) throws(OperatorRefusal) {
    guard range.contains(value) else {
      throw .invalid(
        field: field, reason: "must be between \(range.lowerBound) and \(range.upperBound)")
    }
  }
}
