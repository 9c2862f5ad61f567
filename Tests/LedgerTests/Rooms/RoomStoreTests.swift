import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct RoomStoreTests {
  private func room(_ tenant: TenantID, id: UInt64 = 1, shuffle: Bool = false) -> Room {
    Room(
      id: Identifier(high: 0x0190_a000_0000_7000, low: id), tenant: tenant, name: "A room",
      terms: RoomTerms(
        capacity: 500, ratePerSecond: 100, sessionSeconds: 600, graceSeconds: 30,
        opensAt: Instant(milliseconds: 1_800_000_000_123), prequeueShuffle: shuffle,
        queueing: .random,
        adaptive: AdaptiveRate(
          minimumPerSecond: 5, maximumP95Milliseconds: 250, maximumErrorPermille: 10)),
      target: WaitingTarget(configured: "/sale"), bypass: [UserID("vip")!, UserID("ann")!],
      generation: 1, base: 0, secrets: [[UInt8](0..<32)],
      lot: shuffle ? PrequeueLot(seed: ShuffleSeed(bytes: 0..<32)!, draw: nil) : nil, version: 1)
  }

  @Test func `a room is read as it was written, by its tenant`() async throws {
    try await LedgerBench.run { bench in
      let store = RoomStore(pool: bench.pool)
      let tenant = bench.campaign.tenant
      for (id, shuffle) in [(UInt64(1), false), (2, true)] {
        let room = room(tenant, id: id, shuffle: shuffle)
        #expect(try await store.insert(room, by: UserID("op")!).room == room)
        #expect(try await store.find(room.id, of: tenant)?.room == room)
        #expect(try await store.find(room.id, of: TenantID("other")!) == nil)
        #expect(try await store.exists(room.id, of: tenant))
        #expect(try await !store.exists(room.id, of: TenantID("other")!))
      }
      let page = try await store.list(of: tenant, before: nil, limit: 10)
      #expect(page.map(\.room.id.low) == [2, 1])
      #expect(
        try await store.list(of: tenant, before: page[0].room.id, limit: 10).map(\.room.id.low) == [
          1
        ])
    }
  }

  @Test func `a change counts once, for the version it was made from`() async throws {
    try await LedgerBench.run { bench in
      let store = RoomStore(pool: bench.pool)
      var room = room(bench.campaign.tenant)
      _ = try await store.insert(room, by: UserID("op")!)
      room.terms.capacity = 7
      room.terms.opensAt = nil
      room.terms.adaptive = nil
      room.target = nil
      room.bypass = []
      let changed = try #require(try await store.update(room, expected: 1)).room
      room.version = 2
      #expect(changed == room)
      #expect(try await store.update(room, expected: 1) == nil)
    }
  }

  @Test func `one admitter holds a room, and another one when its time is over`() async throws {
    try await LedgerBench.run { bench in
      let store = RoomStore(pool: bench.pool)
      let progress = RoomProgressStore(pool: bench.pool)
      let room = room(bench.campaign.tenant)
      _ = try await store.insert(room, by: UserID("op")!)
      let held = try await progress.acquire(as: "a", hold: .seconds(60), limit: 10)
      #expect(held.map(\.room) == [room])
      #expect(held[0].next == 1)
      #expect(held[0].isExact)
      #expect(try await progress.acquire(as: "b", hold: .seconds(60), limit: 10).isEmpty)
      let note = RoomProgressStore.Note(
        room: room.id, next: 500, served: 40, inside: 9, version: 1)
      #expect(try await progress.renew([note], as: "b", hold: .seconds(60)).isEmpty)
      #expect(try await progress.renew([note], as: "a", hold: .zero) == [room.id: true])
      let taken = try await progress.acquire(as: "b", hold: .seconds(60), limit: 10)
      #expect(taken.map(\.next) == [500])
      #expect(taken.map(\.served) == [40])
      #expect(taken.map(\.inside) == [9])
      // Who lost it may have admitted since.
      #expect(taken.map(\.isExact) == [false])
      // Counters only rise, but for how many are inside; and old terms are told to be old.
      let late = RoomProgressStore.Note(room: room.id, next: 3, served: 4, inside: 2, version: 0)
      #expect(try await progress.renew([late], as: "b", hold: .seconds(60)) == [room.id: false])
      let read = try #require(try await progress.read(room.id))
      #expect([read.next, read.served, read.inside] == [500, 40, 2])
      try await progress.release(as: "b")
      let freed = try await progress.acquire(as: "c", hold: .seconds(60), limit: 10)
      #expect(freed.map(\.isExact) == [false])
      let last = RoomProgressStore.Note(
        room: room.id, next: 501, served: 41, inside: 3, version: 1)
      try await progress.release([last], as: "c")
      let handed = try await progress.acquire(as: "d", hold: .seconds(60), limit: 10)
      #expect(handed.map(\.isExact) == [true])
      #expect([handed[0].next, handed[0].served, handed[0].inside] == [501, 41, 3])
    }
  }

  @Test func `a draw is noted once, and a new generation begins above all numbers`() async throws {
    try await LedgerBench.run { bench in
      let store = RoomStore(pool: bench.pool)
      let progress = RoomProgressStore(pool: bench.pool)
      let room = room(bench.campaign.tenant, shuffle: true)
      let tenant = room.tenant
      _ = try await store.insert(room, by: UserID("op")!)
      _ = try await progress.acquire(as: "a", hold: .seconds(60), limit: 10)
      #expect(try await progress.recordDraw(of: 30, in: room))
      #expect(try await !progress.recordDraw(of: 31, in: room))
      let drawn = try #require(try await store.find(room.id, of: tenant)).room
      #expect(drawn.lot?.draw == PrequeueDraw(base: 0, count: 30))
      #expect(drawn.version == 2)
      try await progress.raise(
        .init(room: room.id, next: 1001, served: 0, inside: 0, version: 2))
      let seed = ShuffleSeed(bytes: 1..<33)!
      let revoked = try #require(
        try await store.revokeAll(room.id, of: tenant, seed: seed)
      ).room
      #expect(revoked.generation == 2)
      #expect(revoked.base == 1000)
      #expect(revoked.lot == PrequeueLot(seed: seed, draw: nil))
      #expect(try await store.revokeAll(room.id, of: TenantID("other")!, seed: nil) == nil)
    }
  }
}
