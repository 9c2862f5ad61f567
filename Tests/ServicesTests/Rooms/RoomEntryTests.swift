import Domain
import EventLoop
import HotPath
import Redis
import TestSupport
import Testing

@testable import Services

@Suite struct RoomEntryTests {
  /// How long Redis keeps what ended.
  private static let keptMilliseconds: Int64 = 70_000

  /// A room on a loop whose Redis is never asked.
  private static func withEntry(
    isDrawn: Bool = false, _ body: @escaping @Sendable (RoomEntry) throws -> Void
  ) async throws {
    try await withEventLoop { loop in
      let client = try RedisClient(configuration: .init(url: "redis://127.0.0.1:1"), loop: loop)
      var room = Room(
        id: Identifier(high: 0x0195_D2E0_0000_7000, low: 0x8000_0000_0000_0001),
        tenant: TenantID("shop")!, name: "room",
        terms: RoomTerms(
          capacity: 10, ratePerSecond: 10, sessionSeconds: 10, graceSeconds: 30),
        target: nil, bypass: [], generation: 1, base: 0,
        secrets: [[UInt8](repeating: 7, count: 32)], lot: nil, version: 1)
      if isDrawn {
        room.terms.opensAt = Instant(milliseconds: 1)
        room.terms.prequeueShuffle = true
      }
      let path = RoomPath(room: room.id, generation: 1, client: client)
      try body(RoomEntry(room: room, path: path, client: client, now: 0))
      client.close()
    }
  }

  @Test func `numbers that ended are forgotten once Redis has forgotten them`() async throws {
    try await Self.withEntry { entry in
      var most = 0
      // An hour in which four visitors leave each second.
      for number in 1...14_400 {
        let now = Int64(number) * 250
        let oldest = max(250, now - Self.keptMilliseconds)
        entry.take(ended: [(number, now)], oldest: oldest, until: now)
        most = max(most, entry.ended.count)
        #expect(entry.hasEnded(number))
        #expect(number <= 280 || entry.hasEnded(number - 280))
      }
      #expect(most < 3_000)
    }
  }

  @Test func `no order is told of a ticket before the draw's is known`() async throws {
    try await Self.withEntry(isDrawn: true) { entry in
      #expect(entry.order(of: 5) == 0)
      let order = PrequeueOrder(
        draw: PrequeueDraw(base: 0, count: 30),
        seed: ShuffleSeed(bytes: [UInt8](repeating: 9, count: 32))!)
      entry.take(order)
      #expect(entry.order(of: 5) == order.order(of: 5))
    }
    try await Self.withEntry { entry in #expect(entry.order(of: 5) == 5) }
  }

  @Test func `numbers that this loop hears of are forgotten with the others`() async throws {
    try await Self.withEntry { entry in
      for number in 1...14_400 {
        let now = Int64(number) * 250
        entry.note(ended: [number], now: UInt64(now))
        if number % 4 == 0 { entry.take(ended: [], oldest: nil, until: now) }
      }
      #expect(entry.hasEnded(14_400))
      #expect(entry.ended.count < 3_000)
    }
  }
}
