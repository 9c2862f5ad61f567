import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RoomScriptTests {
  private let ann = RoomBench.visitor(1)
  private let ben = RoomBench.visitor(2)
  private let cat = RoomBench.visitor(3)

  // MARK: Joining

  @Test func `the same visitor gets the same ticket`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      let first = try await bench.join(ann, ben)
      #expect(first == ["W1:1800000000", "W2:1800000000"])
      try await bench.advance(by: .seconds(5))
      #expect(try await bench.join(ben, cat, ann) == [first[1], "W3:1800000005", first[0]])
    }
  }

  @Test func `a room that Redis does not know gives nothing`() async throws {
    try await RoomBench.run { bench in
      #expect(try await bench.join(ann) == ["U"])
      #expect(try await bench.see([.init(visitor: ann, number: 1)]) == ["U"])
      #expect(try await bench.leave(ann, 1) == [])
      #expect(try await bench.admit() == nil)
      #expect(try await bench.draw("begin") == -1)
      try await bench.put(.wide())
      #expect(try await bench.join([(ann, false)], lease: "1:other") == ["U"])
      #expect(try await bench.join([(ann, false)], lease: "2:test") == ["U"])
      #expect(try await bench.see([.init(visitor: ann, number: 1)], lease: "2:test") == ["U"])
      #expect(try await bench.admit(lease: "1:other") == nil)
    }
  }

  @Test func `a room that rejects gives no new tickets, and keeps those that wait`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      _ = try await bench.join(ann)
      try await bench.put(.wide(queueing: .reject), version: 2)
      #expect(try await bench.join(ann, ben) == ["W1:1800000000", "R"])
      #expect(try await bench.admit()?.numbers == [])
      #expect(try await bench.see(ann, 1) == "W")
    }
  }

  @Test func `more than may wait are turned away`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      let answers = try await bench.join(
        [(ann, false), (ben, false), (cat, false), (ann, false)], limit: 2)
      #expect(answers == ["W1:1800000000", "W2:1800000000", "F", "W1:1800000000"])
    }
  }

  @Test func `a room that takes all takes no more than may be there`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(queueing: .passthrough))
      let visitors = [(ann, false), (ben, false), (cat, false), (ann, false), (cat, true)]
      let answers = try await bench.join(visitors, limit: 2)
      #expect(answers.map { $0.prefix(2) } == ["A1", "A2", "F", "A1", "A3"])
    }
  }

  @Test func `who passes is inside at once and takes no place`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 1))
      #expect(
        try await bench.join([(ann, true), (ben, false)])
          == ["A1:1800000000:1800000600000", "W2:1800000000"])
      let admitted = try #require(try await bench.admit())
      #expect(admitted.numbers == [2])
      #expect(admitted.active == 1)
      #expect(admitted.exempt == 1)
    }
  }

  @Test func `a passthrough room admits all, those that wait included`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 1, rate: 1))
      _ = try await bench.join(ann, ben, cat)
      try await bench.put(.wide(capacity: 1, rate: 1, queueing: .passthrough), version: 2)
      #expect(try await bench.join(RoomBench.visitor(4))[0].hasPrefix("A4:"))
      #expect(try await bench.admit()?.numbers == [1, 2, 3])
      #expect(try await bench.see(ann, 1) == "A1800000600000")
    }
  }

  // MARK: Tickets

  @Test func `an admission waits a grace to be seen, and then lasts a session`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(session: 100, grace: 10))
      _ = try await bench.join(ann, ben)
      #expect(try await bench.admit()?.numbers == [1, 2])
      try await bench.advance(by: .seconds(9))
      #expect(try await bench.see(ann, 1) == "A1800000109000")
      #expect(try await bench.see(ann, 1) == "A1800000109000")
      try await bench.advance(by: .seconds(1))
      // A no-show: the place is free, the ticket over.
      #expect(try await bench.see(ben, 2) == "E")
      let later = try #require(try await bench.admit())
      #expect(later.expired == 1)
      #expect(later.active == 1)
      #expect(try await bench.see(ben, 2) == "E")
      try await bench.advance(by: .seconds(99))
      #expect(try await bench.see(ann, 1) == "E")
      #expect(try await bench.admit()?.active == 0)
      // Who comes back gets a new ticket.
      #expect(try await bench.join(ann)[0].hasPrefix("W3:"))
      #expect(try await bench.see(ann, 1) == "E")
    }
  }

  @Test func `who leaves gives the place back at once, and the ticket is over`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 1))
      _ = try await bench.join(ann, ben)
      #expect(try await bench.admit()?.numbers == [1])
      #expect(try await bench.admit()?.numbers == [])
      #expect(try await bench.leave(ann, 2) == [0])
      #expect(try await bench.leave(ann, 1) == [1])
      #expect(try await bench.leave(ann, 1) == [0])
      #expect(try await bench.see(ann, 1) == "E")
      #expect(try await bench.admit()?.numbers == [2])
      let ended = try await bench.client.send(
        RedisCommand("ZRANGE", bench.keys.ended, 0, -1, "WITHSCORES"))
      #expect(ended.array?.compactMap(\.integer) == [1, 1_800_000_000_000])
    }
  }

  @Test func `a crowd of tickets that only wait and leave is not remembered, and they are over`()
    async throws
  {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 1))
      _ = try await bench.join(ann, ben, cat)
      #expect(try await bench.leave(ann, 1, waitedLimit: 1) == [1])
      #expect(try await bench.leave(ben, 2, waitedLimit: 1) == [-2])
      #expect(try await bench.leave(ben, 2, waitedLimit: 1) == [0])
      #expect(try await bench.count(bench.keys.ended) == 1)
      #expect(
        try await bench.see([.init(visitor: ann, number: 1), .init(visitor: ben, number: 2)])
          == ["E", "E"])
      // Who is put out is remembered in any case.
      #expect(try await bench.leave(cat, nil, limit: 1, waitedLimit: 1) == [3])
      #expect(try await bench.admit()?.numbers == [])
      #expect(try await bench.join(ben)[0].hasPrefix("W4:"))
    }
  }

  @Test func `nobody leaves a room that too many have left, but for whom an operator puts out`()
    async throws
  {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      _ = try await bench.join(ann, ben, cat)
      #expect(try await bench.admit()?.numbers == [1, 2, 3])
      #expect(try await bench.leave(ann, 1, limit: 1) == [1])
      #expect(try await bench.leave(ben, 2, limit: 1) == [])
      #expect(try await bench.see(ben, 2).hasPrefix("A"))
      #expect(try await bench.count(bench.keys.active) == 2)
      #expect(try await bench.leave(cat, nil, limit: 1) == [3])
      #expect(try await bench.see(cat, 3) == "E")
      // Nor is one told to have left who was not inside.
      #expect(try await bench.leave(ann, 1, limit: 1) == [0])
    }
  }

  @Test func `an operator ends whatever a visitor has`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      _ = try await bench.join(ann, ben)
      #expect(try await bench.leave(ben, nil) == [2])
      #expect(try await bench.see(ben, 2) == "E")
      #expect(try await bench.count(bench.keys.waiting) == 1)
    }
  }

  @Test func `a ticket of another visitor or number is over`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      _ = try await bench.join(ann, ben)
      #expect(try await bench.see(ann, 2) == "E")
      #expect(try await bench.see(cat, 1) == "E")
    }
  }

  // MARK: Lapsing

  @Test func `who stays away for the grace is passed over`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(grace: 10))
      _ = try await bench.join(ann, ben)
      for _ in 0..<3 {
        try await bench.advance(by: .seconds(4))
        #expect(try await bench.see(ben, 2) == "W")
      }
      let admitted = try #require(try await bench.admit())
      #expect(admitted.numbers == [2])
      #expect(admitted.lapsed == 1)
      #expect(try await bench.see(ann, 1) == "E")
    }
  }

  @Test func `those further back that lapsed are swept, so that others move up`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 1, grace: 10))
      let visitors = (1...50).map(RoomBench.visitor)
      _ = try await bench.join(visitors.map { ($0, false) })
      for _ in 0..<3 {
        try await bench.advance(by: .seconds(4))
        _ = try await bench.see(
          (1...50).filter { $0 % 2 == 0 }.map {
            .init(visitor: RoomBench.visitor($0), number: $0)
          })
      }
      var lapsed = 0
      for _ in 0..<12 { lapsed += try await bench.admit(sweep: 5)?.lapsed ?? 0 }
      #expect(lapsed == 25)
      #expect(try await bench.state()?.position(of: 50) == 24)
    }
  }

  @Test func `nobody lapses while no node is there to see them`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 1, grace: 10))
      _ = try await bench.join(ann, ben)
      #expect(try await bench.admit()?.numbers == [1])
      try await bench.advance(by: .seconds(60))
      #expect(try await bench.admit(sweep: 10)?.numbers == [])
      // The silence ends with one poll; all others have their grace from now on.
      #expect(try await bench.admit(sweep: 10)?.lapsed == 0)
      #expect(try await bench.join(cat)[0].hasPrefix("W3:"))
      try await bench.advance(by: .seconds(5))
      #expect(try await bench.see(cat, 3) == "W")
      #expect(try await bench.admit()?.numbers == [2])
    }
  }

  // MARK: Places, rate, order

  @Test func `never more than the rate in any second, and evenly`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(rate: 20))
      _ = try await bench.join((1...100).map { (RoomBench.visitor($0), false) })
      var counts: [Int] = []
      for _ in 0..<30 {
        counts.append(try await bench.admit()?.numbers.count ?? -1)
        try await bench.advance(by: .milliseconds(100))
      }
      // An idle room has saved up a quarter of a second's worth.
      #expect(counts[0] == 5)
      #expect(counts[1..<8].allSatisfy { $0 == 2 })
      for start in 0...20 { #expect(counts[start..<start + 10].reduce(0, +) <= 20) }
      #expect(counts.reduce(0, +) >= 58)
    }
  }

  @Test func `a rate below one admits one now and then`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      _ = try await bench.join((1...10).map { (RoomBench.visitor($0), false) })
      var admitted = 0
      for _ in 0..<100 {
        admitted += try await bench.admit(rate: 0.5)?.numbers.count ?? 0
        try await bench.advance(by: .milliseconds(100))
      }
      #expect(admitted == 5)
    }
  }

  @Test func `lots choose among all that wait`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(capacity: 10, queueing: .random))
      _ = try await bench.join((1...500).map { (RoomBench.visitor($0), false) })
      try await bench.advance(by: .seconds(1))
      let numbers = try #require(try await bench.admit()).numbers
      #expect(Set(numbers).count == 10)
      #expect(numbers.contains { $0 > 20 })
      #expect(try await bench.admit()?.numbers == [])
    }
  }

  @Test func `before its opening a room admits nobody`() async throws {
    try await RoomBench.run { bench in
      var terms = RoomTerms.wide()
      terms.opensAt = bench.now + .seconds(10)
      try await bench.put(terms)
      _ = try await bench.join(ann)
      #expect(try await bench.admit()?.numbers == [])
      #expect(try await bench.state()?.isOpen == false)
      try await bench.advance(by: .seconds(10))
      #expect(try await bench.admit()?.numbers == [1])
      #expect(try await bench.state()?.isOpen == true)
    }
  }

  // MARK: The draw

  @Test func `a pre-queue is admitted in the order of its lot, and later ones behind it`()
    async throws
  {
    try await RoomBench.run { bench in
      var terms = RoomTerms.wide()
      terms.opensAt = bench.now + .seconds(10)
      terms.prequeueShuffle = true
      try await bench.put(terms)
      _ = try await bench.join((1...30).map { (RoomBench.visitor($0), false) })
      #expect(try await bench.leave(RoomBench.visitor(7), 7) == [7])
      #expect(try await bench.see(RoomBench.visitor(8), 8) == "W")
      #expect(try await bench.draw("begin") == -1)
      try await bench.advance(by: .seconds(10))
      let before = try #require(try await bench.admit())
      #expect(before.needsDraw)
      #expect(before.numbers == [])
      #expect(try await bench.draw("begin") == 30)
      #expect(try await bench.join(RoomBench.visitor(31))[0].hasPrefix("W31:"))
      #expect(try await bench.draw("begin") == 30)
      let seed = ShuffleSeed(bytes: [UInt8](repeating: 9, count: 32))!
      let order = PrequeueOrder(draw: PrequeueDraw(base: 0, count: 30), seed: seed)
      #expect(try await bench.draw("finish", seed: seed.hexadecimal) == -1)
      for first in [1, 11, 21] {
        let orders = (first..<first + 10).map(order.order)
        let moved = first == 1 ? 9 : 10
        #expect(try await bench.draw("move", first: first, orders: orders) == moved)
        #expect(try await bench.draw("move", first: first, orders: orders) == 0)
      }
      #expect(try await bench.admit()?.needsDraw == true)
      #expect(try await bench.draw("finish", seed: seed.hexadecimal) == 1)
      try await bench.advance(by: .seconds(1))
      let expected = (1...30).filter { $0 != 7 }.sorted {
        order.order(of: $0) < order.order(of: $1)
      }
      #expect(try await bench.admit()?.numbers == expected + [31])
      let state = try #require(try await bench.state())
      #expect(state.seed == seed.hexadecimal)
      #expect(state.draw == PrequeueDraw(base: 0, count: 30))
    }
  }

  // MARK: Keys

  @Test func `a key of another type is an error and changes nothing`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide())
      _ = try await bench.client.send(RedisCommand("SET", bench.keys.waiting, "text"))
      let joined = try? await bench.join(ann)
      #expect(joined == nil || joined!.allSatisfy { $0.contains("WRONGTYPE") })
      #expect(
        try await bench.client.send(RedisCommand("HGET", bench.keys.room, "next")).integer == 1)
      #expect((try? await bench.admit()) == nil)
    }
  }

  @Test func `what ended is forgotten once no admission can say otherwise`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(session: 100))
      _ = try await bench.join(ann)
      _ = try await bench.leave(ann, 1)
      try await bench.advance(by: .seconds(159))
      _ = try await bench.admit()
      #expect(try await bench.count(bench.keys.ended) == 1)
      try await bench.advance(by: .seconds(1))
      _ = try await bench.admit()
      #expect(try await bench.count(bench.keys.ended) == 0)
    }
  }

  @Test func `what ended is kept as long as the longest session that was given`() async throws {
    try await RoomBench.run { bench in
      try await bench.put(.wide(session: 1_000))
      _ = try await bench.join(ann, ben)
      _ = try await bench.leave(ann, 1)
      try await bench.put(.wide(session: 10), version: 2)
      try await bench.advance(by: .seconds(1_059))
      _ = try await bench.admit()
      #expect(try await bench.count(bench.keys.ended) == 1)
      try await bench.advance(by: .seconds(1))
      _ = try await bench.admit()
      #expect(try await bench.count(bench.keys.ended) == 0)
      // A new generation has given nothing yet.
      bench.generation = 2
      try await bench.put(.wide(session: 10), version: 3, .init(base: 1_000, next: 1_001))
      _ = try await bench.join(cat)
      _ = try await bench.leave(cat, 1_001)
      try await bench.advance(by: .seconds(98))
      _ = try await bench.admit()
      #expect(try await bench.count(bench.keys.ended) == 0)
    }
  }
}
