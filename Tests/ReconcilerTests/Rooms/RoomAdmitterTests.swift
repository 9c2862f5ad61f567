import Domain
import HotPath
import Ledger
import Postgres
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct RoomAdmitterTests {
  @Test func `visitors are admitted, and changed terms count at once`() async throws {
    try await SaleBench.run { bench in
      let room = try await RoomUnderTest(bench, capacity: 2)
      bench.startDaemon()
      try await room.untilPut()
      for number in 1...5 { #expect(try await room.join(number) == .waiting(number)) }
      try await room.untilInside(2)
      try await room.change { $0.capacity = 4 }
      try await room.untilInside(4)
      #expect(try await room.state()?.served == 4)
    }
  }

  @Test func `a crowd whose admissions are over goes as fast as it came`() async throws {
    var limits = ReconcilerLimits()
    limits.idleAdmitInterval = .seconds(10)
    try await SaleBench.run(limits: limits) { bench in
      let room = try await RoomUnderTest(bench, capacity: 2)
      bench.startDaemon()
      try await room.untilPut()
      for first in stride(from: 0, to: 20_000, by: 1_000) {
        let over: [any RedisArgument] = (first..<first + 1_000).flatMap {
          [1, "visitor \($0)"] as [any RedisArgument]
        }
        _ = try await bench.redis.send(RedisCommand("ZADD", [room.keys.exempt] + over))
      }
      // A pause after each call would take more than three minutes.
      try await eventually(within: .seconds(60), "all are gone") {
        try await bench.redis.send(RedisCommand("ZCARD", room.keys.exempt)).integer == 0
      }
    }
  }

  @Test func `a killed admitter's rooms are taken over`() async throws {
    try await SaleBench.run { bench in
      let room = try await RoomUnderTest(bench, capacity: 100)
      let first = try await bench.startForeignDaemon()
      try await room.untilPut()
      bench.startDaemon()
      for number in 1...10 { _ = try await room.join(number) }
      try await room.untilInside(10)
      first.kill()
      for number in 11...20 { _ = try await room.join(number) }
      try await room.untilInside(20)
    }
  }

  @Test func `a room whose keys are gone gives no number twice, and holds its places`() async throws
  {
    try await SaleBench.run { bench in
      let room = try await RoomUnderTest(bench, capacity: 3)
      bench.startDaemon()
      try await room.untilPut()
      for number in 1...6 { _ = try await room.join(number) }
      try await room.untilInside(3)
      try await eventually("the ledger knows") {
        try await bench.pool.query("select inside from spillway.room_progress")[0]
          .decode(0, as: Int.self) == 3
      }
      _ = try await bench.redis.send(
        RedisCommand("DEL", room.keys.forTickets + [room.keys.state]))
      try await room.untilPut()
      // Places are held for those that Redis has forgotten.
      #expect(try await room.state()?.inside == 3)
      guard case .waiting(let number) = try await room.join(7) else {
        Issue.record("nobody waits")
        return
      }
      #expect(number > 6)
      // A ticket of before comes back at its own number.
      #expect(try await room.see(visitor: 5, number: 5) == .waiting(rank: nil))
      #expect(try await room.see(visitor: 4, number: 4) == .waiting(rank: nil))
      let order = try await bench.redis.send(RedisCommand("ZRANGE", room.keys.waiting, 0, -1))
      #expect(
        order.array?.compactMap(\.bytes) == [4, 5, 7].map { RoomUnderTest.visitor($0).binary })
    }
  }

  /// A hold that outlasts a test, and nothing noted meanwhile.
  private static var silent: ReconcilerLimits {
    var limits = ReconcilerLimits()
    limits.hold = .seconds(3600)
    limits.renewInterval = .seconds(3600)
    return limits
  }

  @Test func `places are held for those that were admitted since the ledger's last note`()
    async throws
  {
    try await SaleBench.run(limits: Self.silent) { bench in
      let room = try await RoomUnderTest(bench, capacity: 10)
      bench.startDaemon()
      try await room.untilPut()
      for number in 1...3 { _ = try await room.join(number) }
      try await room.untilInside(3)
      _ = try await bench.redis.send(
        RedisCommand("DEL", room.keys.forTickets + [room.keys.state]))
      try await room.untilPut()
      #expect(try await room.state()?.inside == 3)
    }
  }

  @Test func `who takes a room over holds the places that may have been given since the last note`()
    async throws
  {
    for (until, held) in [("clock_timestamp()", 10), ("'-infinity'::timestamptz", 2)] {
      try await SaleBench.run { bench in
        let room = try await RoomUnderTest(bench, capacity: 10)
        _ = try await bench.pool.query(
          Statement(
            unprepared: """
              update spillway.room_progress set inside = 2, next_number = 9, admitter_until = \(until)
              """))
        bench.startDaemon()
        try await room.untilPut()
        #expect(try await room.state()?.inside == held)
      }
    }
  }

  @Test func `who gives a room up notes how many are inside`() async throws {
    try await SaleBench.run(limits: Self.silent) { bench in
      let room = try await RoomUnderTest(bench, capacity: 10)
      let daemon = bench.startDaemon()
      try await room.untilPut()
      for number in 1...3 { _ = try await room.join(number) }
      try await room.untilInside(3)
      await bench.stop(daemon)
      let held = try #require(try await RoomProgressStore(pool: bench.pool).read(room.id))
      #expect(held.inside == 3)
      #expect(held.isExact)
    }
  }

  @Test func `a Redis that was restarted gives tickets again under the next lease`() async throws {
    try await withServers { redis, postgres in
      try await SaleBench.run(redis: redis.url, database: postgres.url) { bench in
        let room = try await RoomUnderTest(bench, capacity: 2)
        bench.startDaemon()
        try await room.untilPut()
        for number in 1...4 { _ = try await room.join(number) }
        try await room.untilInside(2)
        redis.kill()
        await redis.stop()
        try await redis.start()
        try await eventually(within: .seconds(20), "tickets are given again") {
          if case .waiting = try? await room.join(9) { true } else { false }
        }
        #expect(try await room.state()?.inside == 2)
        #expect(try await room.see(visitor: 3, number: 3) == .waiting(rank: nil))
      }
    }
  }
}

/// A room of the bench's tenant.
struct RoomUnderTest {
  let bench: SaleBench
  let id: Identifier
  let keys: RoomKeys
  let path: RoomPath
  let store: RoomStore

  /// - Parameter isWanted: whether the room may have these keys; other rooms are tried until one may.
  init(
    _ bench: SaleBench, capacity: Int,
    isWanted: (RoomKeys) async throws -> Bool = { _ in true }
  ) async throws {
    self.bench = bench
    var random = SystemRandomNumberGenerator()
    func newKeys() -> RoomKeys {
      RoomKeys(Identifier(at: Instant(milliseconds: 1_800_000_000_000), using: &random))
    }
    var keys = newKeys()
    while try await !isWanted(keys) { keys = newKeys() }
    self.keys = keys
    id = keys.id
    path = RoomPath(room: id, generation: 1, client: bench.router.client(for: keys.room))
    store = RoomStore(pool: bench.pool)
    _ = try await store.insert(
      Room(
        id: id, tenant: bench.tenant, name: "Test",
        terms: RoomTerms(
          capacity: capacity, ratePerSecond: 1000, sessionSeconds: 600, graceSeconds: 60),
        target: nil, bypass: [], generation: 1, base: 0,
        secrets: [[UInt8](repeating: 1, count: 32)], lot: nil, version: 1),
      by: UserID("operator")!)
  }

  static func visitor(_ number: Int) -> VisitorID { VisitorID(high: 1, low: UInt64(number)) }

  func change(_ change: (inout RoomTerms) -> Void) async throws {
    var room = try #require(try await store.find(id, of: bench.tenant)).room
    change(&room.terms)
    _ = try #require(try await store.update(room, expected: room.version))
  }

  func state() async throws -> RoomState? {
    let reply = try await path.client.send(RedisCommand("GET", keys.state))
    return reply.bytes.flatMap { bytes in bytes.withUnsafeBytes { RoomState($0) } }
  }

  func untilPut() async throws {
    try await eventually("the room is known to Redis") { try await state() != nil }
  }

  func untilInside(_ count: Int, within limit: Duration = .seconds(60)) async throws {
    try await eventually(within: limit, "\(count) are inside") {
      try await state()?.inside == count
    }
  }

  enum Joined: Equatable {
    case waiting(Int)
    case other
  }

  func join(_ visitor: Int) async throws -> Joined {
    await withCheckedContinuation { continuation in
      path.submit(
        Join(visitor: Self.visitor(visitor)) { outcome in
          if case .waiting(let number, _) = outcome {
            continuation.resume(returning: .waiting(number))
          } else {
            continuation.resume(returning: .other)
          }
        })
    }
  }

  func see(visitor: Int, number: Int) async throws -> SightOutcome {
    let ticket = RoomTicket(
      room: id, generation: 1, number: number, visitor: Self.visitor(visitor), issuedAt: 1)
    return await withCheckedContinuation { continuation in
      path.submit(Sight(ticket: ticket) { continuation.resume(returning: $0) })
    }
  }

  private final class Join: JoinOperation {
    let body: (JoinOutcome) -> Void

    init(visitor: VisitorID, _ body: @escaping (JoinOutcome) -> Void) {
      self.body = body
      super.init(visitor: visitor, passes: false)
    }

    override func ended(_ outcome: JoinOutcome) { body(outcome) }
  }

  private final class Sight: SightOperation {
    let body: (SightOutcome) -> Void

    init(ticket: RoomTicket, _ body: @escaping (SightOutcome) -> Void) {
      self.body = body
      super.init(ticket: ticket, order: ticket.number)
    }

    override func ended(_ outcome: SightOutcome) { body(outcome) }
  }
}
