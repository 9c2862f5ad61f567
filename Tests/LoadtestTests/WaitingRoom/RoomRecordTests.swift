import Testing

@testable import spillway_loadtest

@Suite struct RoomRecordTests {
  private let second: UInt64 = 1_000_000_000

  @Test func `an order that holds is none of the record's business`() {
    var record = RoomRecord(capacity: 2, admissionsPerSecond: 10)
    record.began(at: 10 * second)
    for number in 1...3 { record.gave(number) }
    record.moved(3, from: 3, to: 2)
    record.moved(3, from: nil, to: 5)
    record.entered(2, at: 11 * second, joined: 10 * second, waited: 0)
    // Within the tolerance the order is free.
    record.waits(1, asked: 12 * second)
    record.entered(1, at: 13 * second, joined: 10 * second, waited: 0)
    record.departed()
    record.entered(3, at: 13 * second, joined: 10 * second, waited: 0)
    record.waits(4, asked: 60 * second)
    #expect(record.breaches == Breaches())
    #expect(record.mostInside == 2 && record.admitted == 3)
  }

  @Test func `what must not be is noted`() {
    var record = RoomRecord(capacity: 1, admissionsPerSecond: 1)
    record.began(at: 10 * second)
    record.gave(1)
    record.gave(1)
    #expect(record.breaches.count == 1)
    record.moved(1, from: 4, to: 5)
    #expect(record.breaches.count == 2)
    record.entered(9, at: 11 * second, joined: 10 * second, waited: 0)
    record.waits(8, asked: 13 * second)
    #expect(record.breaches.count == 3)
    // One too many inside, and too fast.
    record.entered(10, at: 11 * second, joined: 10 * second, waited: 0)
    record.entered(11, at: 11 * second, joined: 10 * second, waited: 0)
    #expect(record.breaches.count == 6)
  }

  @Test func `the queue gives moments in order`() {
    var numbers = SeededNumbers(seed: 5)
    var queue = VisitorQueue()
    let moments = (0..<500).map { _ in UInt64.random(in: 0...1000, using: &numbers) }
    for (visitor, moment) in moments.enumerated() { queue.push(visitor, at: moment) }
    var popped: [UInt64] = []
    while let (visitor, moment) = queue.pop(at: 900) {
      #expect(moments[visitor] == moment)
      popped.append(moment)
    }
    #expect(popped == moments.filter { $0 <= 900 }.sorted())
    #expect(queue.next ?? 0 > 900)
  }

  @Test func `plans follow from the seed and keep the shares`() {
    let behaviour = VisitorPlan.Behaviour(
      leave: 0.2, lapse: 0.3, stay: 0.1, reload: 0.05, inside: 800, patience: 1000)
    let plans = (0..<10_000).map { VisitorPlan(visitor: $0, behaviour: behaviour, seed: 1) }
    #expect(plans[17] == VisitorPlan(visitor: 17, behaviour: behaviour, seed: 1))
    #expect(abs(plans.count { $0.patience == .endless } - 5000) < 300)
    #expect(abs(plans.count { $0.inside == nil } - 1000) < 150)
    #expect(plans.allSatisfy { (100...800).contains($0.inside ?? 100) })
  }
}
