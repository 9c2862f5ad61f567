import Foundation
import Synchronization
import Testing

@testable import spillway_loadtest

@Suite struct ReportTests {
  private let outcomes = [
    Outcome(name: "issued", kind: .success), Outcome(name: "failed", kind: .failure),
  ]

  private func result() -> LoadRun.Result {
    var tally = Tally(outcomeCount: 2)
    for value in UInt64(1)...100 { tally.outcomes[0].record(nanoseconds: value * 1_000_000) }
    tally.outcomes[1].record(nanoseconds: 2_000_000_000)
    tally.started = 101
    tally.failures = ["no answer in time": 1]
    var conclusion = Conclusion(facts: [("ledger", "complete")])
    conclusion.breaches.add("something broke")
    return LoadRun.Result(
      tally: tally, seconds: 2, processorSeconds: 0.001, conclusion: conclusion)
  }

  @Test func `the table names outcomes, facts, failures and breaches`() {
    let text = ResultTable.render(scenario: "claim", outcomes: outcomes, result: result())
    for part in [
      "issued", "50.0 ms", "99.0 %", "ledger: complete", "failed 1 times: no answer in time",
      "BREACHES: 1", "  - something broke", "50/s",
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
  }

  @Test func `the JSON report has all figures`() throws {
    let data = try JSONReport(
      RunReport(
        scenario: "claim", outcomes: outcomes, result: result(), provenance: .example)
    ).encoded()
    let report = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(report["requests"] as? Int == 101)
    let provenance = try #require(report["provenance"] as? [String: Any])
    #expect(provenance["commit"] as? String == Provenance.example.commit)
    #expect((provenance["machine"] as? [String: Any])?["processors"] as? Int == 3)
    #expect(report["breaches"] as? Int == 1)
    #expect(report["breach_examples"] as? [String] == ["something broke"])
    let first = try #require((report["outcomes"] as? [[String: Any]])?.first)
    let latency = try #require(first["latency"] as? [String: Any])
    #expect(latency["count"] as? Int == 100)
    let buckets = try #require(latency["buckets"] as? [[Int]])
    #expect(buckets.reduce(0) { $0 + $1[1] } == 100)
  }

  @Test func `objectives are missed by failures and by slowness`() throws {
    func missed(_ words: String...) throws -> Int {
      let load = try LoadOptions(
        CommandArguments(["--url", "http://x"] + words, options: LoadOptions.options))
      return load.objectives.missed(by: result(), outcomes: outcomes).count
    }
    #expect(try missed() == 1)
    #expect(try missed("--objective-failures", "5") == 0)
    #expect(try missed("--objective-failures", "5", "--objective-p99", "50") == 1)
    #expect(try missed("--objective-failures", "5", "--objective-p99", "150") == 0)
    // The failed one took two seconds; the others up to 100 ms; fifty a second were answered.
    #expect(try missed("--objective-error-rate", "1", "--objective-p95", "97") == 0)
    #expect(try missed("--objective-error-rate", "0.5") == 1)
    #expect(try missed("--objective-error-rate", "5", "--objective-p95", "95") == 1)
    #expect(try missed("--objective-error-rate", "5", "--objective-rate", "49") == 0)
    #expect(try missed("--objective-error-rate", "5", "--objective-rate", "51") == 1)
    #expect(throws: UsageError.self) { try missed("--objective-error-rate", "101") }
  }

  @Test func `progress is a line a second without a terminal, and redrawn on one`() {
    let shown = Mutex("")
    let write: @Sendable (String) -> Void = { text in shown.withLock { $0 += text } }
    var plain = ProgressDisplay(outcomes: outcomes, total: 202, isTerminal: false, write: write)
    plain.show(result().tally, seconds: 1)
    plain.end()
    shown.withLock {
      #expect($0.hasSuffix("\n") && $0.contains("101/202") && $0.contains("issued 100"))
      $0 = ""
    }
    var terminal = ProgressDisplay(outcomes: outcomes, total: 202, isTerminal: true, write: write)
    terminal.show(result().tally, seconds: 1)
    shown.withLock { #expect($0.hasPrefix("\r") && !$0.contains("\n")) }
  }

  @Test func `numbers read well`() {
    #expect(TextFormat.grouped(1_234_567) == "1,234,567")
    #expect(TextFormat.grouped(-12) == "-12")
    #expect(TextFormat.fixed(1.05, 1) == "1.1" || TextFormat.fixed(1.05, 1) == "1.0")
    #expect(TextFormat.fixed(-0.04, 1) == "0.0")
    #expect(TextFormat.fixed(12.005, 0) == "12")
    #expect(TextFormat.latency(87_400) == "87.4 µs")
    #expect(TextFormat.latency(1_204_000) == "1.20 ms")
    #expect(TextFormat.latency(3_410_000_000) == "3.41 s")
  }

  @Test func `processor time is read from the right fields`() throws {
    let line = "12 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0"
    let seconds = try #require(ProcessorTime.seconds(inStat: line))
    #expect(seconds == 4)
    #expect(ProcessorTime.ofProcess(ProcessInfo.processInfo.processIdentifier) != nil)
    #expect(ProcessorTime.ofProcess(-1) == nil)
  }
}
