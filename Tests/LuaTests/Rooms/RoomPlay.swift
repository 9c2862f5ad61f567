import Domain
import HotPath
import Redis
import TestSupport

/// One room and its visitors, beside the rules; some rooms open later, and some of these by a draw.
struct RoomPlay {
  let bench: RoomBench
  var random: SeededGenerator
  private(set) var rules: RoomRules
  private(set) var count = 0
  private var terms: RoomTerms
  private var version = 1
  /// Tickets that visitors believe to hold, by visitor.
  private var tickets: [Int: Int] = [:]
  /// When each number was given.
  private var given: [Int: Int] = [:]
  private let visitors: Int
  private let seed: ShuffleSeed
  /// What the lot makes of the numbers, once the draw has begun, and the next of them to be moved.
  private var lot: (order: PrequeueOrder, next: Int)?
  /// When each admission was made, to look at all windows of a second.
  private var admissions: [(at: Int64, count: Int)] = []
  /// The last position that each number was told.
  private var positions: [Int: Int] = [:]
  private var lastAdmitted = 0

  init(bench: RoomBench, random: SeededGenerator) {
    self.bench = bench
    var random = random
    terms = RoomTerms(
      capacity: Int.random(in: 1...60, using: &random),
      ratePerSecond: Int.random(in: 1...200, using: &random),
      sessionSeconds: Int.random(in: 1...20, using: &random),
      graceSeconds: Int.random(in: 5...15, using: &random))
    if Int.random(in: 0...2, using: &random) > 0 {
      terms.opensAt = bench.now + .milliseconds(Int.random(in: 1...20_000, using: &random))
      terms.prequeueShuffle = Int.random(in: 0...3, using: &random) > 0
    }
    rules = RoomRules(terms: terms, now: bench.now)
    visitors = Int.random(in: 20...800, using: &random)
    seed = ShuffleSeed(
      bytes: (0..<ShuffleSeed.count).map { _ in UInt8.random(in: 0...255, using: &random) })!
    self.random = random
  }

  /// Plays until the room has seen a lot; returns what differs from the rules.
  mutating func run() async throws -> String? {
    try await bench.put(terms)
    for step in 0..<400 {
      let breach: String?
      switch number(0...19) {
      case 0..<5: breach = try await join()
      case 5..<11: breach = try await see()
      case 11: breach = try await leave()
      case 12 where number(0...7) == 0: breach = try await change()
      case 12..<16: breach = try await draw()
      default: breach = try await admit()
      }
      if let breach { return breach }
      if let breach = try await compare(isWhole: step % 10 == 9) { return breach }
      let pause = number(0...59) == 0 ? 9_000 : 300
      try await bench.advance(by: .milliseconds(number(0...pause)))
    }
    return nil
  }

  // MARK: Visitors

  private mutating func someone() -> Int { number(1...visitors) }

  private mutating func join() async throws -> String? {
    let batch = (0..<number(1...60)).map { _ in (someone(), passes: number(0...39) == 0) }
    let answers = try await bench.join(batch.map { (RoomBench.visitor($0.0), $0.passes) })
    count += batch.count
    for ((visitor, passes), answer) in zip(batch, answers) {
      let expected: String
      switch rules.join(RoomBench.visitor(visitor), passes: passes, now: bench.now) {
      case .waiting(let number, let issued):
        tickets[visitor] = number
        given[number] = issued
        expected = "W\(number):\(issued)"
      case .admitted(let number, let issued, let until):
        tickets[visitor] = number
        given[number] = issued
        expected = "A\(number):\(issued):\(until.milliseconds)"
      case .refused: expected = "R"
      }
      guard answer == expected else { return "a join gave \(answer), not \(expected)" }
    }
    return nil
  }

  private mutating func see() async throws -> String? {
    let batch = (0..<number(1...80)).map { _ in
      let visitor = someone()
      // Now and then a ticket of long ago or of somebody else.
      return (visitor, number(0...14) == 0 ? someone() : tickets[visitor] ?? 1)
    }
    let answers = try await bench.see(
      batch.map {
        .init(
          visitor: RoomBench.visitor($0.0), number: $0.1,
          // Nodes know the order some time after the draw.
          order: !terms.prequeueShuffle
            ? nil : rules.isDrawn && number(0...4) > 0 ? lot?.order.order(of: $0.1) : 0,
          issued: given[$0.1])
      })
    count += batch.count
    for ((visitor, number), answer) in zip(batch, answers) {
      let expected =
        switch rules.see(RoomBench.visitor(visitor), number: number, now: bench.now) {
        case .waiting: "W"
        case .admitted(let until): "A\(until.milliseconds)"
        case .ended: "E"
        }
      guard answer == expected else { return "ticket \(number) gave \(answer), not \(expected)" }
    }
    return nil
  }

  private mutating func leave() async throws -> String? {
    let visitor = someone()
    let number = tickets[visitor] ?? 1
    let left = try await bench.leave(RoomBench.visitor(visitor), number)
    count += 1
    let expected = rules.leave(RoomBench.visitor(visitor), number: number)
    return left == [expected ? number : 0] ? nil : "leaving gave \(left)"
  }

  // MARK: The operator and the admitter

  private mutating func change() async throws -> String? {
    terms.capacity = number(1...60)
    terms.ratePerSecond = number(1...200)
    version += 1
    let applied = try await bench.put(terms, version: version)
    count += 1
    rules.terms = terms
    return applied == 1 ? nil : "changing gave \(applied)"
  }

  /// Takes one step of the draw where one is due, and otherwise admits.
  private mutating func draw() async throws -> String? {
    guard terms.prequeueShuffle, !rules.isDrawn, number(0...1) == 0 || lot != nil else {
      return try await admit()
    }
    count += 1
    // What was begun is begun again at times, as by the next admitter.
    guard let lot, number(0...5) > 0 else { return try await beginDraw() }
    if lot.next <= lot.order.draw.count, number(0...9) > 0 {
      return try await move(lot.order, first: lot.next)
    }
    let finished = try await bench.draw("finish", seed: seed.hexadecimal)
    let expected = rules.finishDraw() ? 1 : -1
    return finished == expected ? nil : "the end of the draw gave \(finished), not \(expected)"
  }

  private mutating func beginDraw() async throws -> String? {
    let begun = try await bench.draw("begin")
    let draw = rules.beginDraw(now: bench.now)
    guard begun == draw?.count ?? -1 else { return "the draw gave \(begun), not \(draw as Any)" }
    if let draw { lot = (PrequeueOrder(draw: draw, seed: seed), 1) }
    return nil
  }

  private mutating func move(_ order: PrequeueOrder, first: Int) async throws -> String? {
    let numbers = first...min(order.draw.count, first + number(0...99))
    let orders = numbers.map(order.order)
    let moved = try await bench.draw("move", first: first, orders: orders)
    lot = (order, numbers.upperBound + 1)
    let expected = rules.move(first: first, orders: orders)
    return moved == expected ? nil : "\(moved) were moved, not \(expected)"
  }

  private mutating func admit() async throws -> String? {
    let rate = Double(number(500...300_000)) / 1000
    let expected = rules.admit(rate: rate, limit: 1000, now: bench.now)
    let admitted = try await bench.admit(rate: rate)
    count += 1
    guard let admitted else { return "the room is unknown" }
    guard admitted.numbers == expected else { return "\(admitted.numbers), not \(expected)" }
    guard admitted.waiting == rules.waitingCount, admitted.active == rules.inside,
      admitted.served == rules.served, admitted.next == rules.next,
      admitted.needsDraw == rules.needsDraw(now: bench.now)
    else { return "\(admitted) does not fit the rules" }
    if let breach = checkLimits(admitted) { return breach }
    return try await checkPositions()
  }

  // MARK: What must hold

  /// Places, rate and order, from what was seen alone.
  private mutating func checkLimits(_ admitted: RoomBench.Admitted) -> String? {
    let now = bench.now.milliseconds
    if !admitted.numbers.isEmpty {
      guard admitted.active <= terms.capacity else {
        return "\(admitted.active) inside \(terms.capacity) places"
      }
      guard terms.opensAt.map({ bench.now >= $0 }) ?? true else { return "admitted too early" }
      let orders = admitted.numbers.map { lot?.order.order(of: $0) ?? $0 }
      guard orders == orders.sorted(), orders[0] > lastAdmitted else {
        return "\(orders) is out of order"
      }
      lastAdmitted = orders.last!
      admissions.append((now, orders.count))
    }
    admissions.removeAll { now - $0.at >= 1000 }
    let ofSecond = admissions.reduce(0) { $0 + $1.count }
    return admitted.numbers.isEmpty || ofSecond <= terms.ratePerSecond
      ? nil : "\(ofSecond) in a second, at \(terms.ratePerSecond)"
  }

  /// No position is too low, and none ever rises.
  private mutating func checkPositions() async throws -> String? {
    guard let state = try await bench.state() else { return "there is no state" }
    guard !terms.prequeueShuffle || rules.isDrawn else { return nil }
    for (rank, ticket) in rules.line.enumerated() {
      let position = state.position(of: ticket.order)
      guard position > rank else { return "\(ticket) is told \(position) at rank \(rank + 1)" }
      guard position <= positions[ticket.number] ?? .max else {
        return "\(ticket) rose from \(positions[ticket.number]!) to \(position)"
      }
      positions[ticket.number] = position
    }
    return nil
  }

  /// After each step everybody who waits or is inside is counted once, and all are whom the rules have.
  ///
  /// - Parameter isWhole: whether to compare the whole queue, and not only its length.
  private func compare(isWhole: Bool) async throws -> String? {
    let keys = bench.keys
    let found = try await bench.client.evaluate(
      Self.look,
      keys: [
        keys.waiting, keys.prequeue, keys.active, keys.exempt, keys.seen, keys.sessions, keys.room,
      ], arguments: [isWhole ? 1 : 0])
    let counts = (0..<7).map { found[$0].integer ?? -1 }
    let (waiting, prequeue) = (rules.waitingCount, rules.prequeueCount)
    let expected = [
      waiting, prequeue, rules.inside, rules.exempt, waiting + prequeue,
      rules.inside + rules.exempt, rules.next,
    ]
    guard counts == expected else { return "there are \(counts), not \(expected)" }
    guard isWhole else { return nil }
    let line = found[7].array ?? []
    let isSame = rules.line.enumerated().allSatisfy { rank, ticket in
      line[2 * rank].bytes == ticket.visitor.binary && line[2 * rank + 1].integer == ticket.order
    }
    return isSame && line.count == 2 * waiting ? nil : "the queue is not the one of the rules"
  }

  private static let look = Script(
    name: "look",
    source: """
      local call = redis.call
      local found = {}
      for i = 1, 4 do found[i] = call('ZCARD', KEYS[i]) end
      for i = 5, 6 do found[i] = call('HLEN', KEYS[i]) end
      found[7] = call('HGET', KEYS[7], 'next')
      if ARGV[1] == '1' then found[8] = call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') end
      return found
      """)

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }
}
