import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RoomScriptRandomTests {
  /// Joins, sightings, leaves and admissions of one run.
  static let operations = 100_000

  @Test func `random visitors are treated as the rules in Swift treat them`() async throws {
    var done = 0
    var random = SeededGenerator()
    while done < Self.operations {
      let seed = random.next()
      done += try await RoomBench.run { bench in
        var play = RoomPlay(bench: bench, random: SeededGenerator(seed: seed))
        return try await play.run()
      }
    }
  }
}

/// One room and its visitors, beside the rules.
private struct RoomPlay {
  let bench: RoomBench
  var random: SeededGenerator
  var rules: RoomRules
  var terms: RoomTerms
  var version = 1
  var count = 0
  /// Tickets that visitors believe to hold, by visitor.
  var tickets: [Int: Int] = [:]
  /// When each number was given.
  var given: [Int: Int] = [:]
  let visitors: Int
  /// When each admission was made, to look at all windows of a second.
  var admissions: [(at: Int64, count: Int)] = []
  /// The last position that each number was told.
  var positions: [Int: Int] = [:]
  var lastAdmitted = 0

  init(bench: RoomBench, random: SeededGenerator) {
    self.bench = bench
    var random = random
    terms = RoomTerms(
      capacity: Int.random(in: 1...60, using: &random),
      ratePerSecond: Int.random(in: 1...200, using: &random),
      sessionSeconds: Int.random(in: 1...20, using: &random),
      graceSeconds: Int.random(in: 5...15, using: &random))
    rules = RoomRules(terms: terms, now: bench.now)
    visitors = Int.random(in: 20...800, using: &random)
    self.random = random
  }

  /// Plays until the room has seen a lot; returns how many operations there were.
  mutating func run() async throws -> Int {
    try await bench.put(terms)
    for _ in 0..<400 {
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<5: guard try await join() else { return RoomScriptRandomTests.operations }
      case 5..<12: guard try await see() else { return RoomScriptRandomTests.operations }
      case 12: guard try await leave() else { return RoomScriptRandomTests.operations }
      case 13 where Int.random(in: 0..<8, using: &random) == 0: try await change()
      default: guard try await admit() else { return RoomScriptRandomTests.operations }
      }
      let pause = Int.random(in: 0..<60, using: &random) == 0 ? 9_000 : 300
      try await bench.advance(by: .milliseconds(Int.random(in: 0...pause, using: &random)))
    }
    return count
  }

  private func fail(_ text: String) -> Bool {
    Issue.record("seed \(random.seed): \(text)")
    return false
  }

  private mutating func someone() -> Int { Int.random(in: 1...visitors, using: &random) }

  private mutating func join() async throws -> Bool {
    let batch = (0..<Int.random(in: 1...60, using: &random)).map { _ in
      (someone(), passes: Int.random(in: 0..<40, using: &random) == 0)
    }
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
      guard answer == expected else { return fail("a join gave \(answer), not \(expected)") }
    }
    return true
  }

  private mutating func see() async throws -> Bool {
    let batch = (0..<Int.random(in: 1...80, using: &random)).map { _ in
      let visitor = someone()
      // Now and then a ticket of long ago or of somebody else.
      let number = Int.random(in: 0..<15, using: &random) == 0 ? someone() : tickets[visitor] ?? 1
      return (visitor, number)
    }
    let answers = try await bench.see(
      batch.map {
        .init(visitor: RoomBench.visitor($0.0), number: $0.1, issued: given[$0.1])
      })
    count += batch.count
    for ((visitor, number), answer) in zip(batch, answers) {
      let expected =
        switch rules.see(RoomBench.visitor(visitor), number: number, now: bench.now) {
        case .waiting: "W"
        case .admitted(let until): "A\(until.milliseconds)"
        case .ended: "E"
        }
      guard answer == expected else {
        return fail("ticket \(number) gave \(answer), not \(expected)")
      }
    }
    return true
  }

  private mutating func leave() async throws -> Bool {
    let visitor = someone()
    let number = tickets[visitor] ?? 1
    let left = try await bench.leave(RoomBench.visitor(visitor), number)
    count += 1
    let expected = rules.leave(RoomBench.visitor(visitor), number: number)
    return left == [expected ? number : 0] || fail("leaving gave \(left)")
  }

  private mutating func change() async throws {
    terms.capacity = Int.random(in: 1...60, using: &random)
    terms.ratePerSecond = Int.random(in: 1...200, using: &random)
    version += 1
    try await bench.put(terms, version: version)
    rules.terms = terms
  }

  private mutating func admit() async throws -> Bool {
    let rate = Double(Int.random(in: 500...300_000, using: &random)) / 1000
    let expected = rules.admit(rate: rate, limit: 1000, now: bench.now)
    let admitted = try await bench.admit(rate: rate)
    count += 1
    guard let admitted else { return fail("the room is unknown") }
    guard admitted.numbers == expected else {
      return fail("\(admitted.numbers) admitted, not \(expected)")
    }
    guard admitted.waiting == rules.waitingCount, admitted.active == rules.inside,
      admitted.served == rules.served, admitted.next == rules.next
    else { return fail("\(admitted) does not fit the rules") }
    guard checkLimits(admitted) else { return false }
    return try await checkPositions()
  }

  /// Places, rate and order, from what was seen alone.
  private mutating func checkLimits(_ admitted: RoomBench.Admitted) -> Bool {
    let now = bench.now.milliseconds
    if !admitted.numbers.isEmpty {
      guard admitted.active <= terms.capacity else {
        return fail("\(admitted.active) inside \(terms.capacity) places")
      }
      guard admitted.numbers == admitted.numbers.sorted(), admitted.numbers[0] > lastAdmitted else {
        return fail("\(admitted.numbers) is out of order")
      }
      lastAdmitted = admitted.numbers.last!
      admissions.append((now, admitted.numbers.count))
    }
    admissions.removeAll { now - $0.at >= 1000 }
    let ofSecond = admissions.reduce(0) { $0 + $1.count }
    return admitted.numbers.isEmpty || ofSecond <= terms.ratePerSecond
      || fail("\(ofSecond) in a second, at \(terms.ratePerSecond)")
  }

  /// No position is too low, and none ever rises.
  private mutating func checkPositions() async throws -> Bool {
    guard let state = try await bench.state() else { return fail("there is no state") }
    for (rank, number) in rules.waitingNumbers.enumerated() {
      let position = state.position(of: number)
      guard position > rank else {
        return fail("\(number) is told \(position) at rank \(rank + 1)")
      }
      guard position <= positions[number] ?? .max else {
        return fail("\(number) rose from \(positions[number]!) to \(position)")
      }
      positions[number] = position
    }
    return true
  }
}
