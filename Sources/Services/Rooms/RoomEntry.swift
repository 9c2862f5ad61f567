public import Domain
public import HotPath
internal import Redis

/// A room as one loop knows it: its terms as last read, its way to Redis, and what its admitter has
/// last told. Loop-confined.
public final class RoomEntry: DirectoryEntry {
  /// How long the admitter's word answers polls without being read again.
  static let freshMilliseconds: UInt64 = 1_000
  /// For how long after its last use a room is read again and again.
  static let interestMilliseconds: UInt64 = 3_000

  public internal(set) var room: Room { didSet { noteFacts() } }
  public private(set) var tokens: RoomTokens
  let key: EntryKey
  public let path: RoomPath
  let client: RedisClient

  /// What the admitter has last told; `nil` before it was read for the first time, and after the room
  /// began a new generation.
  public var state: RoomState? { word?.state }
  /// The same, to look at without copying it.
  @exclusivity(unchecked) private(set) var word: AdmitterWord? { didSet { noteFacts() } }
  /// What the draw has made of the numbers, once it is known here.
  @exclusivity(unchecked) private(set) var order: PrequeueOrder? { didSet { noteFacts() } }
  /// What each poll looks at, taken out of terms and state once.
  @exclusivity(unchecked) private(set) var facts = PollFacts()
  /// Numbers whose visitors left, were revoked or used them up, with Redis' time of it in milliseconds. An admission
  /// of one of them is void. Redis has them too, so that they are bounded as there.
  private(set) var ended: [Int: Int64] = [:]
  /// How many may be known before those are looked for that Redis has forgotten: twice as many as were
  /// left by the last look, so that a look costs little for each.
  private var endedBeforeLook = endedAtLeast
  private static let endedAtLeast = 1_000
  /// Up to what time of Redis all numbers that ended are known; `nil` before the first look.
  var endedUntil: Int64?

  /// Who has come with the admissions of guests, by their numbers; a part of what Redis knows.
  private(set) var owners: [Int: UserID] = [:]
  /// Owners that are remembered; beyond, the memory starts afresh.
  static let maximumOwners = 50_000

  /// How the answers behind the room are doing on this loop.
  public let meter = RoomMeter()

  @exclusivity(unchecked) var usedAt: UInt64 = 0
  @exclusivity(unchecked) var freshness: EntryFreshness
  @exclusivity(unchecked) private(set) var stateReadAt: UInt64 = 0
  var isReadingState = false
  var isComputingOrder = false
  var waiters: [() -> Void] = []
  @exclusivity(unchecked) private var clockOffset: Int64 = 0

  init(room: Room, path: RoomPath, client: RedisClient, now: UInt64) {
    self.room = room
    key = EntryKey(tenant: room.tenant, id: room.id)
    self.path = path
    self.client = client
    tokens = RoomTokens(tenant: room.tenant, room: room.id, secrets: room.secrets)
    freshness = EntryFreshness(readAt: now)
    noteFacts()
  }

  private func noteFacts() {
    facts = PollFacts(
      room: room, state: word?.state,
      awaitsDraw: room.terms.prequeueShuffle && order == nil, hasOrder: order != nil)
  }

  /// Takes terms as read from the ledger.
  func update(_ room: Room) {
    guard room.version >= self.room.version else { return }
    if room.secrets != self.room.secrets {
      tokens = RoomTokens(tenant: room.tenant, room: room.id, secrets: room.secrets)
    }
    if room.generation != self.room.generation {
      word = nil
      order = nil
      ended = [:]
      owners = [:]
      endedUntil = nil
      path.generation = room.generation
    }
    self.room = room
  }

  /// Takes what the admitter told, read at `now` of the loop's clock and `redisNow` of Redis'.
  func take(_ state: RoomState, redisNow: Int64, now: UInt64) {
    clockOffset = redisNow - Int64(now)
    stateReadAt = now
    guard state.generation == room.generation else { return }
    var state = state
    // Another server may know less: nobody is sent back for that.
    if let known = word { state.served = max(state.served, known.state.served) }
    word = AdmitterWord(state)
  }

  /// Takes numbers that ended, as Redis has them, and forgets those that Redis has forgotten: no admission
  /// can contradict them any more.
  ///
  /// - Parameters:
  ///   - oldest: when the first ended of all that Redis keeps; `nil` when it keeps none.
  ///   - now: Redis' clock, if it was read too.
  func take(ended numbers: [(number: Int, at: Int64)], oldest: Int64?, until now: Int64?) {
    for (number, at) in numbers { ended[number] = at }
    guard let now, ended.count > endedBeforeLook else { return }
    // What this loop has just heard of may not have been there when Redis was asked.
    let first = min(oldest ?? .max, now - RoomDirectory.endedOverlap)
    ended = ended.filter { $0.value >= first }
    endedBeforeLook = max(Self.endedAtLeast, 2 * ended.count)
  }

  /// Takes the numbers of visitors who have just left or were revoked; 0 for none.
  func note(ended numbers: [Int], now: UInt64) {
    for number in numbers where number > 0 { ended[number] = redisTime(now) }
  }

  /// Whether the visitor with this number has left or was revoked, as far as is known here.
  @inline(__always)
  func hasEnded(_ number: Int) -> Bool { !ended.isEmpty && ended[number] != nil }

  func note(owner: UserID, of number: Int) {
    if owners.count >= Self.maximumOwners { owners.removeAll() }
    owners[number] = owner
  }

  func take(_ order: PrequeueOrder) { self.order = order }

  /// Runs those who wait for the admitter's word.
  func tellWaiters() {
    let all = waiters
    waiters = []
    for waiter in all { waiter() }
  }

  @inline(__always)
  func isFresh(_ now: UInt64) -> Bool {
    word != nil && now &- stateReadAt < Self.freshMilliseconds
  }

  /// Redis' clock at `now` of the loop's, in milliseconds since 1970. A clock of this machine that is
  /// moved moves nothing here.
  @inline(__always)
  func redisTime(_ now: UInt64) -> Int64 { Int64(now) + clockOffset }

  /// How the room queues now: the ledger's word and the admitter's, whichever is newer.
  var queueing: Queueing {
    guard let state, state.version > room.version else { return room.terms.queueing }
    return state.queueing
  }

  /// Whether the room takes everybody at once, at `now` of the loop's clock: one that queues nobody does so
  /// from its opening on.
  @inline(__always)
  func takesAll(_ now: UInt64) -> Bool {
    guard queueing == .passthrough else { return false }
    let isNewer = state.map { $0.version > room.version } ?? false
    guard let opening = isNewer ? state?.opensAt : room.terms.opensAt else { return true }
    return opening.milliseconds <= redisTime(now)
  }

  /// Whether visitors take part in a draw that has not been made known here yet.
  var awaitsDraw: Bool { facts.awaitsDraw }

  /// When the ticket with this number is called; 0 while visitors take part in a draw whose order is not
  /// known here.
  @inline(__always)
  func order(of number: Int) -> Int {
    if facts.hasOrder { return order?.order(of: number) ?? number }
    return facts.awaitsDraw ? 0 : number
  }
}

/// What an admitter told, as an object, so that looking at it copies nothing.
final class AdmitterWord {
  let state: RoomState

  init(_ state: RoomState) { self.state = state }
}

/// The plain values that a poll is answered by.
struct PollFacts {
  var room = Identifier(high: 0, low: 0)
  var generation = 0
  /// Whether orders tell whose turn it is.
  var isOrdered = false
  /// Whether visitors take part in a draw that has not been made known here yet.
  var awaitsDraw = false
  var hasOrder = false
  var served = 0
  var graceMilliseconds = 0
  /// By Redis' clock; 0 for a room without an opening.
  var opensAt: Int64 = 0
  var waiting = 0
  var millisecondsPerVisitor = 1000.0

  init() {}

  init(room: Room, state: RoomState?, awaitsDraw: Bool, hasOrder: Bool) {
    self.room = room.id
    generation = room.generation
    self.awaitsDraw = awaitsDraw
    self.hasOrder = hasOrder
    graceMilliseconds = room.terms.graceSeconds * 1000
    opensAt = room.terms.opensAt?.milliseconds ?? 0
    guard let state else { return }
    isOrdered = state.queueing.isOrdered
    served = state.served
    waiting = state.waiting
    millisecondsPerVisitor = 1000 / max(0.001, state.pacePerSecond)
  }
}
