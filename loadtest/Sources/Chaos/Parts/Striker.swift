internal import Domain
internal import Embedded
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Redis

/// What a wipe of Redis took away.
struct WipeRecord: Sendable {
  /// Facts above the ledger's cursor when everything went: these alone may be lost.
  var unrecorded: Set<FactName> = []
  /// The wipe may have happened without an answer: what it took is not known then.
  var isUncertain = false
  /// When it happened, on the monotonic clock.
  var moment: UInt64 = 0
  /// From the wipe until all cells were open again, in milliseconds.
  var reopenedAfter: Int?
}

/// A coupon as the stream names it.
struct FactName: Hashable, Sendable {
  let campaign: Identifier
  let sequence: Int
  let user: String
}

/// Carries out a round's strikes. Loop-confined.
final class Striker {
  private let installation: Installation
  private let loop: EventLoop
  private(set) var wipes: [WipeRecord] = []
  private(set) var failures: [String] = []

  private static let restartLimit = Duration.seconds(40)
  private static let reopeningLimit = Duration.seconds(30)

  init(_ installation: Installation) {
    self.installation = installation
    loop = installation.loop
  }

  /// Strikes as planned from now on; returns when all that was struck is back.
  func carryOut(_ strikes: [Strike]) async {
    let start = EventLoop.nanoseconds()
    var lastOfPart: [ChaosPart: Task<Void, Never>] = [:]
    var tasks: [Task<Void, Never>] = []
    for strike in strikes {
      let earlier = strike.part.flatMap { lastOfPart[$0] }
      let task = loop.spawn { [self] in
        // A part is not struck again before it is back.
        await earlier?.value
        let passed = Duration.nanoseconds(Int64(EventLoop.nanoseconds() - start))
        await loop.sleep(for: max(.zero, strike.moment - passed))
        await carryOut(strike)
      }
      if let part = strike.part { lastOfPart[part] = task }
      tasks.append(task)
    }
    for task in tasks { await task.value }
  }

  private func carryOut(_ strike: Strike) async {
    do {
      switch strike.kind {
      case .flush: try await wipe()
      case .freeze(let part):
        guard case .reconciler(let number) = part else { return }
        installation.reconcilers[number].freeze()
        await loop.sleep(for: strike.pause)
        installation.reconcilers[number].thaw()
      case .kill(let part): try await kill(part, downFor: strike.pause)
      }
    } catch {
      failures.append("\(strike): \(error)")
    }
  }

  private func kill(_ part: ChaosPart, downFor pause: Duration) async throws {
    switch part {
    case .redis:
      installation.redis.kill()
      try await awaitEnd(part) { installation.redis.processIdentifier == nil }
      await loop.sleep(for: pause)
      try await installation.redis.start()
    case .postgres:
      installation.postgres.kill()
      try await awaitEnd(part) { installation.postgres.processIdentifier == nil }
      await loop.sleep(for: pause)
      try await installation.postgres.start()
    case .api(let number): try await kill(installation.apis[number], part, downFor: pause)
    case .reconciler(let number):
      try await kill(installation.reconcilers[number], part, downFor: pause)
    }
  }

  private func kill(
    _ process: SpillwayProcess, _ part: ChaosPart, downFor pause: Duration
  ) async throws {
    process.kill()
    try await awaitEnd(part) { !process.isRunning }
    await loop.sleep(for: pause)
    try await process.start()
  }

  private func awaitEnd(_ part: ChaosPart, _ hasEnded: () -> Bool) async throws(ScenarioError) {
    guard await loop.poll(within: Self.restartLimit, hasEnded) else {
      throw ScenarioError("\(part) did not end when it was killed")
    }
  }

  // MARK: Wiping Redis

  /// Reads what lies above the cursors and wipes everything, in one step of Redis.
  private static let wipeScript = """
    local entries = {}
    for i = 1, #KEYS do
      for _, entry in ipairs(redis.call('XRANGE', KEYS[i], '(' .. ARGV[i], '+')) do
        for _, text in ipairs(entry[2]) do entries[#entries + 1] = text end
      end
    end
    redis.call('FLUSHALL')
    return entries
    """

  /// - Throws: when Redis or Postgres stays away too long.
  private func wipe() async throws {
    let keys = ChaosTenant.all.map(\.keys)
    let cursors = try await readCursors()
    var arguments: [any RedisArgument] = [Self.wipeScript, keys.count]
    arguments += keys.map(\.stream)
    arguments += cursors
    var record = WipeRecord()
    var entries: RedisValue?
    // Another strike may have Redis down just now.
    _ = await loop.poll(within: Self.restartLimit) {
      guard installation.client.state == .ready else { return false }
      entries = try? await installation.client.send(RedisCommand("EVAL", arguments))
      if entries == nil { record.isUncertain = true }
      return entries != nil
    }
    record.moment = EventLoop.nanoseconds()
    record.unrecorded = Self.facts(entries?.array ?? [])
    let isOpen = await loop.poll(within: Self.reopeningLimit) { await allCellsAreOpen() }
    let milliseconds = Int((EventLoop.nanoseconds() - record.moment) / 1_000_000)
    if isOpen { record.reopenedAfter = milliseconds }
    wipes.append(record)
  }

  /// Cursors from before the wipe: what is recorded between now and then only makes the set of what
  /// may be lost larger than it is.
  private func readCursors() async throws(ScenarioError) -> [String] {
    var cursors: [String] = []
    let isRead = await loop.poll(within: Self.restartLimit) {
      guard let records = try? await CellStore(pool: installation.pool).list() else { return false }
      cursors = ChaosTenant.all.map { tenant in
        guard let record = records.first(where: { $0.cell == tenant.cell }) else { return "0-0" }
        return "\(record.cursor.milliseconds)-\(record.cursor.sequence)"
      }
      return true
    }
    guard isRead else { throw ScenarioError("the ledger could not be read before a wipe") }
    return cursors
  }

  private static func facts(_ texts: [RedisValue]) -> Set<FactName> {
    var facts: Set<FactName> = []
    for index in stride(from: 0, to: texts.count - 1, by: 2) {
      guard texts[index].text == CouponIssuedFact.kind, let payload = texts[index + 1].bytes,
        let fact = CouponIssuedFact(payload: payload)
      else { continue }
      for (offset, item) in fact.items.enumerated() {
        facts.insert(
          FactName(
            campaign: fact.campaign, sequence: fact.firstSequence + offset, user: item.user))
      }
    }
    return facts
  }

  private func allCellsAreOpen() async -> Bool {
    for tenant in ChaosTenant.all {
      let lease = try? await installation.client.send(RedisCommand("GET", tenant.keys.lease))
      guard lease?.text != nil else { return false }
    }
    return true
  }
}
