import Testing

@testable import spillway_loadtest

@Suite struct TimeSeriesTests {
  @Test func `a point tells what came in its second alone`() {
    let outcomes = [
      Outcome(name: "done", kind: .success), Outcome(name: "failed", kind: .failure),
    ]
    var tally = Tally(outcomeCount: 2)
    var series = TimeSeries()
    func look(at seconds: Double, queue: Int = 0) {
      series.add(
        tally, outcomes: outcomes, seconds: seconds, moment: UInt64(seconds * 1e9), queue: queue)
    }
    for _ in 0..<100 { tally.outcomes[0].record(nanoseconds: 1_000_000) }
    look(at: 0.5)
    #expect(series.points.isEmpty)
    look(at: 1, queue: 7)
    for _ in 0..<10 { tally.outcomes[0].record(nanoseconds: 9_000_000) }
    for _ in 0..<10 { tally.outcomes[1].record(nanoseconds: 9_000_000) }
    look(at: 3)
    look(at: 4)
    #expect(series.points.map(\.rate) == [100, 10, 0])
    #expect(series.points.map(\.failureRate) == [0, 5, 0])
    #expect(series.points.map(\.queue) == [7, 0, 0])
    #expect(series.points[0].percentile99 / 10_000 == 100)
    #expect(series.points[1].percentile50 / 100_000 == 90)
    #expect(series.points[2].percentile50 == 0)
  }
}
