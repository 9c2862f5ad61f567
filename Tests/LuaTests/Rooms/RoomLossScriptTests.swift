import Domain
import HotPath
import Redis
import TestSupport
import Testing

/// Rooms whose terms change, and rooms that Redis has lost.
@Suite struct RoomLossScriptTests {
  private let ann = RoomBench.visitor(1)
  private let ben = RoomBench.visitor(2)
  private let cat = RoomBench.visitor(3)

  @Test func `an older version of the terms changes nothing`() async throws {
    try await RoomBench.run { bench in
      #expect(try await bench.put(.wide(capacity: 1), version: 2) == 2)
      #expect(try await bench.put(.wide(capacity: 9), version: 1) == 0)
      #expect(try await bench.put(.wide(capacity: 9), version: 2) == 0)
      _ = try await bench.join(ann, ben)
      #expect(try await bench.admit()?.numbers == [1])
      #expect(try await bench.put(.wide(capacity: 2), version: 3) == 1)
      #expect(try await bench.admit()?.numbers == [2])
    }
  }

  @Test func `a new generation ends all, and its numbers are new`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      _ = try await bench.join(ann, ben)
      _ = try await bench.admit()
      bench.generation = 2
      #expect(try await bench.put(.wide(), version: 2, .init(base: 100)) == 1)
      #expect(try await bench.count(bench.keys.active) == 0)
      #expect(try await bench.join(ann)[0].hasPrefix("W101:"))
      try await bench.advance(by: .seconds(1))
      #expect(try await bench.admit()?.served == 101)
    }
  }

  @Test
  func `after a loss tickets come back at their own numbers, and numbers are not given twice`()
    async throws
  {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 2))
      _ = try await bench.join((1...5).map { (RoomBench.visitor($0), false) })
      #expect(try await bench.admit()?.numbers == [1, 2])
      _ = try await bench.client.send(
        RedisCommand("DEL", bench.keys.forTickets + [bench.keys.state]))
      try await bench.advance(by: .seconds(1))
      let floors = RoomBench.Floors(next: 1000, served: 2, inside: 2)
      #expect(try await bench.put(.wide(capacity: 2), floors) == 2)
      // Those inside are unknown, but nobody takes their places before they must be over.
      let answers = try await bench.see([
        .init(visitor: RoomBench.visitor(4), number: 4, issued: 1_800_000_000),
        .init(visitor: RoomBench.visitor(3), number: 3, issued: 1_800_000_000),
        .init(visitor: RoomBench.visitor(5), number: 5, issued: 1_800_000_002),
      ])
      #expect(answers == ["W", "W", "E"])
      #expect(try await bench.join(RoomBench.visitor(6))[0].hasPrefix("W1000:"))
      #expect(try await bench.admit()?.numbers == [])
      try await bench.advance(by: .seconds(20))
      for number in [3, 4] { _ = try await bench.see(RoomBench.visitor(number), number) }
      _ = try await bench.see(RoomBench.visitor(6), 1000)
      try await bench.advance(by: .seconds(580))
      for number in [3, 4] { _ = try await bench.see(RoomBench.visitor(number), number) }
      #expect(try await bench.admit()?.numbers == [3, 4])
      // Tickets given since must not come back once they are over.
      #expect(
        try await bench.see([
          .init(visitor: RoomBench.visitor(9), number: 1001, issued: Int(bench.now.seconds))
        ]) == ["E"])
    }
  }

  @Test func `after a loss a ticket that is over comes back at most for a grace`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 1, session: 10, grace: 30))
      _ = try await bench.join(ann, ben)
      try await bench.advance(by: .seconds(1))
      bench.runID = "other"
      let floors = RoomBench.Floors(next: 1000, served: 0, inside: 0)
      #expect(
        try await bench.put(.wide(capacity: 1, session: 10, grace: 30), runID: "other", floors) == 2
      )
      let sight = RoomBench.Sight(visitor: ann, number: 1, issued: 1_800_000_000)
      #expect(try await bench.admit()?.numbers == [1])
      #expect(try await bench.see([sight]) == ["A1800000011000"])
      try await bench.advance(by: .seconds(10))
      // The session is over: who was behind comes next, and not the same visitor again.
      #expect(try await bench.admit()?.numbers == [2])
      #expect(try await bench.see([sight]) == ["E"])
      #expect(try await bench.count(bench.keys.waiting) == 0)
      // Long after the loss, what Redis does not know is over, whoever comes with it.
      for _ in 0..<40 {
        try await bench.advance(by: .seconds(5))
        _ = try await bench.join(cat)
        _ = try await bench.admit()
      }
      #expect(try await bench.count(bench.keys.ended) == 0)
      let others = [sight, .init(visitor: RoomBench.visitor(4), number: 3, issued: 1_800_000_000)]
      #expect(try await bench.see(others) == ["E", "E"])
      // Nor does a quiet time, behind which who waits gets a grace anew, bring them back.
      try await bench.advance(by: .seconds(100))
      _ = try await bench.join(RoomBench.visitor(5))
      #expect(try await bench.see(others) == ["E", "E"])
    }
  }

  @Test func `who leaves while tickets come back stays away, however many have left`()
    async throws
  {
    try await RoomBench.run { bench in
      try await bench.put(.wide(grace: 30), .init(next: 500, served: 0))
      let sights = [1, 2].map {
        RoomBench.Sight(visitor: RoomBench.visitor($0), number: $0, issued: 1_800_000_000)
      }
      #expect(try await bench.see(sights) == ["W", "W"])
      #expect(try await bench.leave(ann, 1, waitedLimit: 0) == [1])
      #expect(try await bench.see(sights) == ["E", "W"])
      // Where that could not be noted, nobody is told to have left.
      #expect(try await bench.leave(ben, 2, limit: 1, waitedLimit: 0) == [])
      #expect(try await bench.see(sights) == ["E", "W"])
    }
  }

  @Test func `who waits for a draw comes back after a loss, however late`() async throws {
    try await RoomBench.run { bench in
      var terms = RoomTerms.wide(grace: 30)
      terms.opensAt = bench.now + .seconds(600)
      terms.prequeueShuffle = true
      try await bench.put(terms, .init(next: 500, served: 0))
      _ = try await bench.join(ann)
      try await bench.advance(by: .seconds(20))
      _ = try await bench.join(ben)
      try await bench.advance(by: .seconds(20))
      _ = try await bench.join(cat)
      let sight = RoomBench.Sight(
        visitor: RoomBench.visitor(40), number: 40, issued: 1_800_000_000)
      #expect(try await bench.see([sight]) == ["W"])
    }
  }

  @Test func `behind a draw nobody is put back before the order is known`() async throws {
    try await RoomBench.run { bench in
      var terms = RoomTerms.wide()
      terms.opensAt = bench.now
      terms.prequeueShuffle = true
      let seed = ShuffleSeed(bytes: [UInt8](repeating: 9, count: 32))!
      try await bench.put(terms, .init(next: 500, served: 0, drawn: 30, seed: seed))
      var sight = RoomBench.Sight(visitor: ann, number: 1, order: 0, issued: 1_800_000_000)
      #expect(try await bench.see([sight]) == ["W0"])
      #expect(try await bench.count(bench.keys.waiting) == 0)
      sight.order = 7
      #expect(try await bench.see([sight]) == ["W"])
      // Who has a place keeps it; how many are before it is known once all have theirs.
      sight.order = 0
      #expect(try await bench.see([sight]) == ["W"])
      let score = try await bench.client.send(
        RedisCommand("ZSCORE", bench.keys.waiting, ann.binary))
      #expect(score.text == "7")
    }
  }

  @Test func `one that was put back behind its turn is told its rank`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(), .init(next: 500, served: 400))
      try await bench.advance(by: .milliseconds(10))
      let sights = [100, 50].map {
        RoomBench.Sight(visitor: RoomBench.visitor($0), number: $0, issued: 1_800_000_000)
      }
      #expect(try await bench.see(sights) == ["W1", "W1"])
      #expect(try await bench.see([sights[0]]) == ["W2"])
      #expect(try await bench.admit()?.numbers == [50, 100])
    }
  }
}
