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

  /// A run of a hundred seconds with so many coupons, as a look a second showed it.
  private func report(
    coupons: Int = 0, refused: Int = 0, _ look: (inout InstallationReading, Int) -> Void
  ) -> RunReport {
    let outcomes = [
      Outcome(name: "issued", kind: .success), Outcome(name: "sold out", kind: .refusal),
    ]
    var tally = Tally(outcomeCount: 2)
    for _ in 0..<coupons { tally.outcomes[0].record(nanoseconds: 1) }
    for _ in 0..<refused { tally.outcomes[1].record(nanoseconds: 1) }
    var result = LoadRun.Result(
      tally: tally, seconds: 100, processorSeconds: 0, conclusion: Conclusion())
    for second in 1...100 {
      result.series.add(
        tally, outcomes: outcomes, seconds: Double(second),
        moment: UInt64(second) * 1_000_000_000, queue: 0)
    }
    var report = RunReport(
      scenario: "soak", outcomes: outcomes, result: result, provenance: .example)
    report.readings = (1...100).map { second in
      var reading = InstallationReading(moment: UInt64(second) * 1_000_000_000)
      look(&reading, second)
      return reading
    }
    return report
  }

  private func process(
    _ name: String = "spillway", count: Int = 1, memory: Int = 50_000_000, descriptors: Int = 40
  ) -> InstallationReading.Processes {
    .init(name: name, count: count, memory: memory, descriptors: descriptors)
  }

  @Test func `what grows beyond its bound is missed, and the beginning does not count`() {
    let bounds = TrendBounds(
      memory: .init(share: 0.1, slack: 1e6), descriptors: .init(share: 0, slack: 4),
      lag: .init(share: 0.5, slack: 100), warmUp: 0.25)
    func missed(
      lag: @escaping (Int) -> Int = { _ in 20 }, _ memory: @escaping (Int) -> Int
    ) -> Int {
      let verdict = bounds.judge(
        report { reading, second in
          reading.lagMilliseconds = lag(second)
          reading.processes = [process(memory: memory(second))]
        })
      #expect(verdict.unmeasured.isEmpty)
      return verdict.missed.count
    }
    #expect(missed { _ in 50_000_000 } == 0)
    #expect(missed { 50_000_000 + $0 * 200_000 } == 1)
    #expect(missed { $0 < 25 ? $0 * 2_000_000 : 50_000_000 } == 0)
    #expect(missed(lag: { $0 * 10 }) { _ in 50_000_000 } == 1)
    let grows = report { reading, second in
      reading.lagMilliseconds = second * 100
      reading.processes = [process(memory: second << 20)]
    }
    #expect(TrendBounds().judge(grows) == TrendBounds.Verdict())
  }

  @Test func `a figure that was not measured did not hold, and is told`() {
    var bounds = TrendBounds(
      memory: .init(share: 0.1, slack: 1e6), storeBytesPerKept: 500, kept: [0],
      descriptors: .init(share: 0, slack: 4), processes: .init(share: 0, slack: 4),
      lag: .init(share: 0.5, slack: 100), streamLength: .init(share: 0, slack: 1),
      deadRows: .init(share: 0, slack: 1), warmUp: 0.25)
    let all = [
      "memory of the server", "descriptors of the server", "memory of Redis",
      "the number of processes of PostgreSQL", "the ledger's lag", "the streams' length",
      "dead rows",
    ]
    #expect(bounds.judge(report { _, _ in }).unmeasured == all)
    // Some looks are not enough, nor is a process of which nothing may be read.
    let few = report { reading, second in
      guard second > 70 else { return }
      reading.deadRows = 1
      reading.lagMilliseconds = 1
      reading.streamLength = 1
    }
    #expect(bounds.judge(few).unmeasured == all)
    let hidden = report { reading, _ in reading.processes = [process(descriptors: 0)] }
    #expect(bounds.judge(hidden).unmeasured.contains("descriptors of spillway"))
    // Who has no bounds misses nothing.
    bounds = TrendBounds()
    #expect(bounds.judge(report { _, _ in }) == TrendBounds.Verdict())
  }

  @Test func `Redis may grow by what it keeps, and not by what it was asked`() {
    let bounds = TrendBounds(
      memory: .init(share: 0, slack: 1e6), storeBytesPerKept: 1000, kept: [0])
    func missed(coupons: Int, refused: Int) -> Int {
      bounds.judge(
        report(coupons: coupons, refused: refused) { reading, second in
          reading.processes = [process(), process("redis-server", memory: second * 200_000)]
        }
      ).missed.count
    }
    #expect(missed(coupons: 20_000, refused: 0) == 0)
    #expect(missed(coupons: 0, refused: 20_000) == 1)
    #expect(missed(coupons: 10_000, refused: 10_000) == 1)
  }

  @Test func `files that PostgreSQL keeps open have no bound, its processes have one`() {
    let bounds = TrendBounds(
      descriptors: .init(share: 0, slack: 16), processes: .init(share: 0, slack: 8))
    func judge(_ count: @escaping (Int) -> Int) -> TrendBounds.Verdict {
      bounds.judge(
        report { reading, second in
          reading.processes = [
            process(), process("postgres", count: count(second), descriptors: 400 + second * 16),
          ]
        })
    }
    let verdict = judge { _ in 20 }
    #expect(verdict.missed.isEmpty && verdict.unmeasured.isEmpty)
    #expect(verdict.unbounded.count == 1)
    #expect(judge { 20 + $0 / 4 }.missed.count == 1)
  }

  @Test func `a report never says of what was not measured that it held`() throws {
    var report = report { _, _ in }
    #expect(MarkdownReport.render(report).contains("- result: all held\n"))
    report.unmeasured = ["dead rows", "memory of Redis"]
    let page = MarkdownReport.render(report)
    #expect(!page.contains("all held"))
    #expect(page.contains("- **not measured: dead rows; memory of Redis**\n"))
    let json = String(decoding: try JSONReport(report).encoded(), as: UTF8.self)
    #expect(json.contains("\"not_measured\""))
  }
}
