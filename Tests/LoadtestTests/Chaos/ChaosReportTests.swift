import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct ChaosReportTests {
  private func round(_ number: Int, _ options: ChaosOptions, breach: String? = nil) -> RoundReport {
    var round = RoundReport(plan: RoundPlan(number: number, seed: options.seed, options: options))
    round.requests = 1_000
    round.granted = 700
    round.recoveredAfter = 12
    round.operations[.claims] = 900
    if let breach { round.breaches.add(breach) }
    return round
  }

  @Test func `a page and its JSON tell the commit, the machine, the seed and each round`() throws {
    let folder = TestFolder.make("chaos-report")
    defer { TestFolder.remove(folder) }
    let options = try ChaosOptions([
      "--rounds", "2", "--seed", "7", "--output", "\(folder)/chaos.md", "--json",
      "\(folder)/chaos.json",
    ])
    var report = ChaosReport(provenance: .example, options: options)
    try report.add(round(1, options))
    let early = try String(contentsOfFile: "\(folder)/chaos.md", encoding: .utf8)
    #expect(early.contains("- result: 1 of 2 rounds so far: all held\n"))
    try report.add(round(2, options, breach: "2 coupons of U1"))
    let page = try String(contentsOfFile: "\(folder)/chaos.md", encoding: .utf8)
    for part in Provenance.parts + [
      "- command: `spillway-loadtest chaos --rounds 2 --seed 7", "- requests: 2,000: claims 1,800",
      "- result: 2 rounds: **1 breaches** in 1 of them", "- round 2: 2 coupons of U1", "BREACH",
      RoundReport.header,
    ] {
      #expect(page.contains(part), "\(part) in \(page)")
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/chaos.json"))
    let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(json["seed"] as? Int == 7 && json["held"] as? Bool == false)
    let rounds = try #require(json["rounds"] as? [[String: Any]])
    #expect(rounds.map { $0["requests"] as? Int } == [1_000, 1_000])
    #expect(rounds[1]["breach_examples"] as? [String] == ["2 coupons of U1"])
    #expect((rounds[0]["operations"] as? [String: Int])?["claims"] == 900)
    let provenance = try #require(json["provenance"] as? [String: Any])
    #expect(provenance["commit"] as? String == Provenance.example.commit)
  }

  @Test func `a seed of chance is part of the command that repeats the run`() throws {
    let options = try ChaosOptions(["--rounds", "1"])
    let report = ChaosReport(provenance: .example, options: options)
    #expect(
      report.preface[0]
        == "command: `spillway-loadtest chaos --rounds 1 --seed \(options.seed)`")
  }
}
