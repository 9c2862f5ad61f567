import Testing

@testable import spillway_loadtest

@Suite struct ArrivalScheduleTests {
  @Test func `a steady rate spaces arrivals evenly`() {
    let schedule = ArrivalSchedule(shape: .steady, count: 1000, rate: 2000)
    #expect(schedule.start(of: 0) == 0)
    #expect(schedule.start(of: 1) == 500_000)
    #expect(schedule.start(of: 999) == 499_500_000)
    #expect(schedule.seconds == 0.5)
  }

  @Test func `a ramp brings a quarter of the arrivals in the first half`() {
    let schedule = ArrivalSchedule(shape: .ramp, count: 10_000, rate: 1000)
    let half = (0..<10_000).filter { schedule.start(of: $0) < 5_000_000_000 }.count
    #expect(half == 2500)
    #expect(schedule.start(of: 9_999) < 10_000_000_000)
  }

  @Test func `a burst is all due at once`() {
    let schedule = ArrivalSchedule(shape: .burst, count: 10, rate: 1)
    #expect((0..<10).allSatisfy { schedule.start(of: $0) == 0 })
  }

  @Test(arguments: ArrivalSchedule.Shape.allCases)
  func `times never fall`(shape: ArrivalSchedule.Shape) {
    let schedule = ArrivalSchedule(shape: shape, count: 5000, rate: 777)
    for index in 1..<5000 { #expect(schedule.start(of: index) >= schedule.start(of: index - 1)) }
  }

  @Test(arguments: [(10, 3), (9, 3), (1, 4), (0, 2)])
  func `shares cover the schedule without overlap`(count: Int, workers: Int) {
    let schedule = ArrivalSchedule(shape: .steady, count: count, rate: 1000)
    var starts: [UInt64] = []
    for worker in 0..<workers {
      let share = ScheduleShare(schedule: schedule, worker: worker, workers: workers)
      starts += (0..<share.count).map(share.start(of:))
    }
    #expect(starts.sorted() == (0..<count).map(schedule.start(of:)))
  }
}
