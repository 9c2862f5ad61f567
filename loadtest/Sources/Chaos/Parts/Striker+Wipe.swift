internal import Domain
internal import Embedded
internal import EventLoop
internal import Foundation
internal import HotPath
internal import Ledger
internal import Redis

extension Striker {
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

  /// Wipes Redis, which lives on.
  ///
  /// - Throws: when Redis or Postgres stays away too long.
  func flush() async throws {
    var record = WipeRecord()
    try await wipe(&record)
    await awaitReopening(&record)
    wipes.append(record)
  }

  /// Starts Redis again with its files of a while ago, which are taken now.
  ///
  /// - Throws: when Redis or Postgres stays away too long.
  func rollBack(_ strike: Strike) async throws {
    var record = WipeRecord()
    let data = "\(installation.folder)/redis/data"
    let copy = "\(installation.folder)/redis-copy"
    try await run("rm -rf \(copy) && cp -a \(data) \(copy)")
    await loop.sleep(for: strike.moment - strike.preparation)
    try await wipe(&record, pausing: true)
    installation.redis.kill()
    try await awaitEnd(.redis)
    try await run("rm -rf \(data)/* && cp -a \(copy)/. \(data) && rm -rf \(copy)")
    await loop.sleep(for: strike.pause)
    try await installation.redis.start()
    await awaitReopening(&record)
    wipes.append(record)
  }

  /// Runs a script of `sh`.
  ///
  /// - Throws: `ScenarioError` with the last line that it wrote, when it fails.
  func run(_ script: String) async throws {
    let log = "\(installation.folder)/shell.log"
    try? FileManager.default.removeItem(atPath: log)
    let child = try await ChildProcess.start("/bin/sh", ["-c", script], log: log)
    let status = await child.ended()
    guard status == .exited(0) else {
      let said = try? String(contentsOfFile: log, encoding: .utf8)
      throw ScenarioError(said?.split(separator: "\n").last.map(String.init) ?? "\(status)")
    }
  }

  /// Wipes Redis and notes what it took.
  ///
  /// - Parameter pausing: Redis does nothing more afterwards.
  func wipe(_ record: inout WipeRecord, pausing: Bool = false) async throws {
    let cursors = try await readCursors()
    var arguments: [any RedisArgument] = [Self.wipeScript, cursors.count]
    arguments += cursors.map(\.keys.stream)
    arguments += cursors.map(\.position)
    let command = RedisCommand("EVAL", arguments)
    var entries: RedisValue?
    // Another strike may have Redis down just now.
    _ = await loop.poll(within: Self.restartLimit) {
      guard installation.client.state == .ready else { return false }
      if pausing {
        // Sent together with the script: nobody else gets in between.
        loop.spawn { [client = installation.client!] in
          _ = try? await client.send(RedisCommand("CLIENT", "PAUSE", 60_000, "ALL"))
        }
      }
      entries = try? await installation.client.send(command)
      if entries == nil { record.isUncertain = true }
      return entries != nil
    }
    record.moment = EventLoop.nanoseconds()
    record.unrecorded = Self.facts(entries?.array ?? [])
  }

  func awaitReopening(_ record: inout WipeRecord) async {
    let start = EventLoop.nanoseconds()
    let isOpen = await loop.poll(within: Self.reopeningLimit) { await allCellsAreOpen() }
    if isOpen { record.reopenedAfter = Int((EventLoop.nanoseconds() - start) / 1_000_000) }
  }

  /// Cursors from before the wipe: what is recorded between now and then only makes the set of what
  /// may be lost larger than it is.
  private func readCursors() async throws(ScenarioError) -> [(keys: CellKeys, position: String)] {
    var cursors: [(keys: CellKeys, position: String)] = []
    let isRead = await loop.poll(within: Self.restartLimit) {
      guard let records = try? await CellStore(pool: installation.pool).list() else { return false }
      cursors = records.map {
        (CellKeys($0.cell), "\($0.cursor.milliseconds)-\($0.cursor.sequence)")
      }
      return true
    }
    guard isRead else { throw ScenarioError("the ledger could not be read before a wipe") }
    return cursors
  }

  private static func facts(_ texts: [RedisValue]) -> Set<FactName> {
    var facts: Set<FactName> = []
    for index in stride(from: 0, to: texts.count - 1, by: 2) {
      guard let payload = texts[index + 1].bytes else { continue }
      switch texts[index].text {
      case CouponIssuedFact.kind: addCoupons(payload, to: &facts)
      case StockReservedFact.kind:
        _ = payload.withUnsafeBytes { bytes in
          StockReservedFact.read(bytes) { facts.insert(.order($0.order)) }
        }
      default: break
      }
    }
    return facts
  }

  private static func addCoupons(_ payload: [UInt8], to facts: inout Set<FactName>) {
    guard let fact = CouponIssuedFact(payload: payload) else { return }
    for (offset, item) in fact.items.enumerated() {
      facts.insert(
        .coupon(
          campaign: fact.campaign, sequence: fact.firstSequence + offset, user: item.user))
    }
  }

  /// Every cell has a lease, and for the very server that runs: files of old carry an old lease.
  private func allCellsAreOpen() async -> Bool {
    guard let records = try? await CellStore(pool: installation.pool).list() else { return false }
    for record in records {
      let lease = try? await installation.client.send(
        RedisCommand("GET", CellKeys(record.cell).lease))
      guard let text = lease?.text, let runID = installation.client.runID,
        CellLease.isLease(text.utf8, of: runID)
      else { return false }
    }
    return true
  }
}
