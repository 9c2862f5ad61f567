import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct TrendTests {
  @Test func `a straight line is found through noise and outliers`() throws {
    var generator = SeededGenerator()
    for _ in 0..<50 {
      let level = Double.random(in: 0...1e6, using: &generator)
      let slope = Double.random(in: -500...500, using: &generator)
      let count = Int.random(in: 8...1000, using: &generator)
      var values = (0..<count).map {
        level + slope * Double($0) + Double.random(in: -1...1, using: &generator)
      }
      values[Int.random(in: 0..<count, using: &generator)] += 1e4
      let trend = try #require(Trend(values))
      let exact = slope * Double(count - 1)
      #expect(abs(trend.growth - exact) <= abs(exact) * 0.02 + 700 && trend.growth.isFinite)
    }
  }

  @Test func `what only swings has no trend`() throws {
    let values = (0..<300).map { Double($0 % 10) * 100 }
    let trend = try #require(Trend(values))
    #expect(abs(trend.growth) < 200)
  }

  @Test func `few values have none`() {
    #expect(Trend([1, 2, 3]) == nil)
    #expect(Trend([]) == nil)
  }

  @Test func `a bound is a share of the level and something beside`() {
    let bound = TrendBounds.Bound(share: 0.1, slack: 5)
    func allows(_ level: Double, _ growth: Double) -> Bool {
      // Four points of a line with that level and growth.
      bound.allows(Trend((0..<4).map { level + growth * Double($0) / 3 })!)
    }
    #expect(allows(100, 15))
    #expect(!allows(100, 15.1))
    #expect(allows(100, -90))
    #expect(!allows(0, 6))
  }

  private func report(memory: @escaping (Int) -> Int, lag: @escaping (Int) -> Int) -> RunReport {
    var result = LoadRun.Result(
      tally: Tally(outcomeCount: 1), seconds: 100, processorSeconds: 0, conclusion: Conclusion())
    let outcomes = [Outcome(name: "done", kind: .success)]
    for second in 1...100 {
      result.series.add(
        Tally(outcomeCount: 1), outcomes: outcomes, seconds: Double(second),
        moment: UInt64(second) * 1_000_000_000, queue: 0)
    }
    var report = RunReport(
      scenario: "soak", outcomes: outcomes, result: result, provenance: .example)
    report.readings = (1...100).map { second in
      InstallationReading(
        moment: UInt64(second) * 1_000_000_000, lagMilliseconds: lag(second),
        processes: [
          .init(name: "spillway", count: 1, memory: memory(second), descriptors: 40)
        ])
    }
    return report
  }

  @Test func `what grows beyond its bound is missed, and the beginning does not count`() {
    let bounds = TrendBounds(
      memory: .init(share: 0.1, slack: 1e6), descriptors: .init(share: 0, slack: 4),
      lag: .init(share: 0.5, slack: 100), warmUp: 0.25)
    func missed(_ memory: @escaping (Int) -> Int, lag: @escaping (Int) -> Int = { _ in 20 }) -> Int
    {
      bounds.missed(by: report(memory: memory, lag: lag)).count
    }
    #expect(missed { _ in 50_000_000 } == 0)
    #expect(missed { 50_000_000 + $0 * 200_000 } == 1)
    #expect(missed { $0 < 25 ? $0 * 2_000_000 : 50_000_000 } == 0)
    #expect(missed({ _ in 50_000_000 }, lag: { $0 * 10 }) == 1)
    #expect(TrendBounds().missed(by: report(memory: { $0 << 20 }, lag: { $0 * 100 })).isEmpty)
  }
}
