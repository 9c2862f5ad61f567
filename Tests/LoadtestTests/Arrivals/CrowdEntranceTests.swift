import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct CrowdEntranceTests {
  @Test func `in an open loop everybody's moment is known from the start`() {
    let schedule = ArrivalSchedule(shape: .ramp, count: 100, rate: 50)
    var entrance = CrowdEntrance(schedule, closed: nil, start: 1000)
    let first = entrance.first()
    #expect(first.map(\.member) == Array(0..<100))
    #expect(first.map(\.moment) == (0..<100).map { 1000 + schedule.start(of: $0) })
    #expect(entrance.next(at: 5000) == nil)
  }

  @Test func `in a closed loop one comes when one has gone, until the time is over`() {
    let schedule = ArrivalSchedule(shape: .burst, count: 10, rate: 1)
    var entrance = CrowdEntrance(
      schedule, closed: ClosedLoop(clients: 3, lastStart: 100), start: 1000)
    #expect(entrance.first().map(\.member) == [0, 1, 2])
    #expect(entrance.next(at: 1050) == .init(member: 3, moment: 1050))
    #expect(entrance.next(at: 1100) == .init(member: 4, moment: 1100))
    #expect(entrance.next(at: 1101) == nil)
    #expect(entrance.begun == 5)
    #expect((0..<9).map { _ in entrance.next(at: 1000) }.count { $0 != nil } == 5)
  }

  @Test func `what is due agrees with when it is due`() {
    var generator = SeededGenerator()
    for _ in 0..<300 {
      let schedule = ArrivalSchedule(
        shape: ArrivalSchedule.Shape.allCases.randomElement(using: &generator)!,
        count: Int.random(in: 1...3000, using: &generator),
        rate: Double.random(in: 0.5...50_000, using: &generator))
      let last = schedule.start(of: schedule.count - 1)
      #expect(schedule.due(by: last) == schedule.count)
      let moment = UInt64.random(in: 0...last, using: &generator)
      let due = schedule.due(by: moment)
      #expect(due == 0 || schedule.start(of: due - 1) <= moment)
      #expect(due == schedule.count || schedule.start(of: due) > moment)
      if schedule.shape != .burst {
        #expect(Double(last) <= schedule.seconds * 1e9)
      }
    }
  }

  @Test func `a ramp ends at twice the mean rate`() {
    let schedule = ArrivalSchedule(shape: .ramp, count: 20_000, rate: 1000)
    let second = UInt64(1_000_000_000)
    for moment in stride(from: UInt64(1), through: 19, by: 3) {
      let came = schedule.due(by: (moment + 1) * second) - schedule.due(by: moment * second)
      // The rate in the middle of that second.
      let expected = 2000 * (Double(moment) + 0.5) / 20
      #expect(abs(Double(came) - expected) <= 2)
    }
  }
}
