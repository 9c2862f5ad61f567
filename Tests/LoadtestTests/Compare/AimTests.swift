import Foundation
import Testing

@testable import spillway_loadtest

@Suite struct AimTests {
  private func run(
    _ contender: String, _ load: CompareLoad, _ rate: Double, percentile95: Double? = nil,
    others: Double = 0,
    _ microseconds: [String: Double] = ["API": 8, "Redis": 3, "generator": 9]
  ) -> Comparison.Measurement {
    Comparison.Measurement(
      contender: contender, load: load, connections: 256,
      report: GeneratorReport(
        requests: 1, rate: rate, percentile50: 1, percentile95: percentile95, percentile99: 1,
        refused: 0, socketErrors: 0, otherShare: others), microseconds: microseconds, notes: [:])
  }

  /// A round in which Spillway answers so many times as much as in the first.
  private func round(_ speed: Double) -> [Comparison.Measurement] {
    var runs = [run("spillway", .winning, 60_000 * speed), run("webdis", .winning, 31_000)]
    runs.append(run("FastAPI", .winning, 2_000))
    runs.append(run("spillway", .soldOut, 85_000 * speed))
    runs.append(run("spillway", .fixed, 100_000 * speed))
    runs.append(run("spillway", .poll, 95_000 * speed))
    runs.append(run("spillway", .paidAtHalf, 1_990, percentile95: 50_000 / speed))
    runs.append(run("spillway", .paid, 4_000 * speed, percentile95: 900_000))
    return runs
  }

  /// Three rounds of everything; the second is the fastest.
  private var whole: [Comparison.Measurement] { round(1) + round(1.5) + round(1.2) }

  @Test func `each aim is judged by the middle of its rounds`() throws {
    let table = AimTable(whole)
    #expect(table.rows.map(\.isReached) == [true, true, false, false, true, true, true])
    #expect(table.rows.map(\.rounds.count) == Array(repeating: 3, count: 7))
    #expect(try #require(table.rows[0].median) == 72_000.0 / 31_000)
    #expect(table.rows[2].median == 11)
    for row in [
      "| winning claims, times webdis' | at least 2 | 2.32 | 1.94–2.90 | 3 | yes |",
      "| winning claims, times the FastAPI service's | at least 15 | 36.0 | 30.0–45.0 | 3 | yes |",
      "| CPU of API and Redis for a winning claim, µs | at most 10 | 11.0 | 11.0–11.0 | 3 | **no** |",
      "| sold-out answers, times fixed answers | at least 0.9 | 0.85 | 0.85–0.85 | 3 | **no** |",
      "| paid orders a second | at least 4,000 | 4,800 | 4,000–6,000 | 3 | yes |",
      "| P95 of payments at 2,000 orders a second, ms | at most 50 | 41.7 | 33.3–50.0 | 3 | yes |",
    ] {
      #expect(table.markdown.contains(row), "\(row) in \(table.markdown)")
    }
    #expect(
      table.missed == [
        "CPU of API and Redis for a winning claim, µs: 11.0, the aim at most 10",
        "sold-out answers, times fixed answers: 0.85, the aim at least 0.9",
      ])
  }

  @Test func `a run with too many other answers does not count`() {
    func table(_ others: [Double]) -> AimTable {
      AimTable(
        others.flatMap {
          [run("spillway", .winning, 90_000, others: $0), run("webdis", .winning, 31_000)]
        })
    }
    #expect(table([0, 0.01, 0]).rows[0].isReached == true)
    let some = table([0, 0.02, 0])
    #expect(some.rows[0].isReached == true && some.rows[0].rounds.count == 2)
    #expect(some.markdown.contains("| 2 of 3 | yes |"))
    #expect(table([0, 0.02, 0.5]).rows[0].isReached == false)
    let none = table([0.5, 0.5, 0.5])
    #expect(none.rows[0].isReached == false && none.rows[0].median == nil)
    #expect(none.missed.first?.contains("3 rounds had too many other answers") == true)
    #expect(AimTable([]).rows[0].isReached == nil)
    // Nor does one beside a peer that fails.
    let peer = AimTable([run("spillway", .winning, 9), run("webdis", .winning, 1, others: 0.5)])
    #expect(peer.rows[0].isReached == false)
  }

  @Test func `of two middle rounds the worse counts`() {
    #expect(Aim.Bound.atLeast(2).middle(of: [1, 4, 3, 2]) == 2)
    #expect(Aim.Bound.atMost(2).middle(of: [1, 4, 3, 2]) == 3)
    #expect(Aim.Bound.atLeast(2).middle(of: [5, 1, 3]) == 3)
    #expect(Aim.Bound.atMost(2).middle(of: []) == nil)
    #expect(Aim.Bound.atLeast(2).holds(for: 2) && !Aim.Bound.atLeast(2).holds(for: 1.99))
    #expect(Aim.Bound.atMost(2).holds(for: 2) && !Aim.Bound.atMost(2).holds(for: 2.01))
  }

  @Test func `what was not measured is neither reached nor missed`() {
    let table = AimTable(whole.filter { $0.contender != "webdis" && $0.load != .fixed })
    #expect(table.rows[0].isReached == nil && table.rows[0].rounds.isEmpty)
    #expect(table.rows[3].isReached == nil && table.rows[4].isReached == nil)
    #expect(table.markdown.contains("| at least 2 |  |  | 0 | not measured |"))
    #expect(table.missed.count == 1)
  }

  @Test func `the report of the objectives begins with them`() throws {
    let text = CompareReport(
      measurements: whole, preface: ["machine: x"], reference: .leader("spillway"),
      aims: AimTable(whole)
    ).render()
    let aims = try #require(text.range(of: "| figure | aim |"))
    let runs = try #require(text.range(of: "## Measurements"))
    #expect(text.hasPrefix("# Objectives\n\n- machine: x\n"))
    #expect(aims.lowerBound < runs.lowerBound)
    #expect(text.contains("| order and pay | 256 | spillway | 4,800 |"))
    #expect(text.contains("- spillway, order and pay, 256 connections: P95 900.0 ms\n"))
  }

  @Test func `the objectives measure peers under winning claims only`() throws {
    let suite = CompareSuite.objectives
    #expect(suite.rounds == 5 && suite.connections == [256])
    #expect(suite.peers == [.webdis, .fastapi])
    #expect(suite.measures("webdis", .winning) && !suite.measures("webdis", .soldOut))
    #expect(suite.loads.allSatisfy { suite.measures("spillway", $0) })
    #expect(CompareSuite.peers.measures("webdis", .soldOut))
    #expect(Set(suite.loads).isSuperset(of: [.winning, .soldOut, .fixed, .poll, .paid]))
    #expect(CompareLoad.paid.ordersPerSecond == 8_000)
    #expect(CompareLoad.paidAtHalf.ordersPerSecond == 2_000)
    #expect(CompareLoad.winning.ordersPerSecond == nil && CompareLoad.winning.connections == nil)
  }

  @Test func `every run is in the JSON, with aims and provenance`() throws {
    let report = CompareJSON(
      command: ["compare", "--suite", "objectives"], provenance: .example, suite: "objectives",
      conditions: ["a"], runs: whole.map(CompareJSON.Run.init), aims: AimTable(whole).rows)
    let json = try #require(
      JSONSerialization.jsonObject(with: JSONText.encode(report)) as? [String: Any])
    let runs = try #require(json["runs"] as? [[String: Any]])
    #expect(runs.count == 24)
    #expect(runs[0]["requests_per_second"] as? Double == 60_000)
    #expect(runs[6]["percentile95"] as? Double == 50)
    #expect((runs[0]["microseconds"] as? [String: Double])?["API"] == 8)
    let aims = try #require(json["aims"] as? [[String: Any]])
    #expect(aims.count == 7)
    #expect(aims[0]["is_reached"] as? Bool == true && aims[2]["is_reached"] as? Bool == false)
    let provenance = try #require(json["provenance"] as? [String: Any])
    #expect(provenance["commit"] as? String == Provenance.example.commit)
  }

  /// Answers with so many requests a second.
  private final class Idle: Contender {
    struct Task: GeneratorTask {
      let rate: Double

      func run<Sample>(
        connections: Int, seconds: Int, sample: (Int32) -> Sample
      ) async throws(ScenarioError) -> (report: GeneratorReport, begin: Sample, end: Sample) {
        let report = GeneratorReport(
          requests: Int(rate), rate: rate, percentile50: 1, percentile99: 1, refused: 0,
          socketErrors: 0)
        return (report, sample(0), sample(0))
      }
    }

    let name = "idle"
    let rate: Double
    private(set) var stops = 0
    init(rate: Double) { self.rate = rate }
    func start() async throws(ScenarioError) {}
    func prepare(_ load: CompareLoad) async throws(ScenarioError) -> (any GeneratorTask)? {
      Task(rate: rate)
    }
    func processorSeconds() -> [String: Double] { ["API": 0] }
    func settle() async throws(ScenarioError) -> [String: Double] { [:] }
    func stop() async { stops += 1 }
  }

  @Test func `a run without an answer ends the comparison, and each load has its connections`()
    async throws
  {
    func compare(_ contender: Idle) async throws -> [Comparison.Measurement] {
      try await Comparison(
        rounds: 2, seconds: 1, connections: [8, 16], loads: [.winning, .soldOut, .paid],
        measures: { $1 != .soldOut }, announce: { _ in }
      ).run([contender])
    }
    let idle = Idle(rate: 0)
    await #expect(throws: ScenarioError.self) { try await compare(idle) }
    #expect(idle.stops == 1)
    let busy = try await compare(Idle(rate: 5))
    #expect(busy.map(\.connections) == [8, 16, 512, 8, 16, 512])
    #expect(busy.map(\.load) == [.winning, .winning, .paid, .winning, .winning, .paid])
  }

  @Test func `make bench runs every suite`() throws {
    let makefile = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../Makefile").standardizedFileURL
    let text = try String(contentsOf: makefile, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("SUITES ?=") })
    let suites = line.dropFirst("SUITES ?=".count).split(separator: " ").map(String.init)
    #expect(Set(suites) == Set(CompareSuite.allCases.map(\.rawValue)))
  }
}
