import Embedded
import Foundation
import TestSupport
import Testing

/// Short runs of `spillway-loadtest` that start what they need by themselves, and their reports.
@Suite struct LoadtestReportTests {
  private func loadtest(
    _ words: [String], in folder: String
  ) async throws -> (status: ProcessExit, output: String, process: Int32) {
    let own = URL(fileURLWithPath: RunningProgram.executable).deletingLastPathComponent()
    let child = try await ChildProcess.start(
      "\(own.path)/spillway-loadtest", words, log: "\(folder)/output")
    let status = await child.ended()
    let output = try String(contentsOfFile: "\(folder)/output", encoding: .utf8)
    return (status, output, child.processIdentifier)
  }

  private func json(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// Holds a report to telling what it is of.
  private func expectProvenance(_ page: String, _ json: [String: Any]) throws {
    for part in ["- commit: ", "- build: Swift 6.", "- servers: Redis ", "- date: ", "command: `"] {
      #expect(page.contains(part), "\(part) in \(page)")
    }
    let provenance = try #require(json["provenance"] as? [String: Any])
    let machine = try #require(provenance["machine"] as? [String: Any])
    #expect((machine["processors"] as? Int ?? 0) > 0 && (machine["memory_bytes"] as? Int ?? 0) > 0)
    #expect((provenance["servers"] as? [Any])?.count == 2)
    #expect(page.contains("commit: \(provenance["commit"] as? String ?? "none")"))
  }

  @Test func `a run without a server has one of its own, which ends with it`() async throws {
    let folder = TestFolder.make("own")
    defer { TestFolder.remove(folder) }
    let words = ["run", "claim", "--users", "100", "--seconds", "1", "--connections", "8"]
    let run = try await loadtest(
      words + ["--report", "\(folder)/claim", "--objective-error-rate", "50"], in: folder)
    try #require(run.status == .exited(0), "\(run.output)")
    let page = try String(contentsOfFile: "\(folder)/claim.md", encoding: .utf8)
    let report = try json("\(folder)/claim.json")
    try expectProvenance(page, report)
    #expect(Array(try #require(report["command"] as? [String]).prefix(words.count)) == words)
    #expect(page.contains("- coupons in the ledger: "), "\(page)")
    let left = "\(NSTemporaryDirectory())/spillway-run-\(run.process)"
    #expect(!FileManager.default.fileExists(atPath: left))
  }

  /// The part of the objectives that needs no other program.
  @Test func `orders are paid at half the rate that is aimed at, and the aims are told`()
    async throws
  {
    let folder = TestFolder.make("objectives")
    defer { TestFolder.remove(folder) }
    let run = try await loadtest(
      [
        "compare", "--suite", "objectives", "--peers", "none", "--rounds", "1", "--seconds", "1",
        "--users", "10", "--loads", "order and pay at half the aim", "--output",
        "\(folder)/objectives.md", "--json", "\(folder)/objectives.json",
      ], in: folder)
    try #require(run.status == .exited(0), "\(run.output)")
    let page = try String(contentsOfFile: "\(folder)/objectives.md", encoding: .utf8)
    let report = try json("\(folder)/objectives.json")
    try expectProvenance(page, report)
    let aims = try #require(report["aims"] as? [[String: Any]])
    #expect(aims.count == 7)
    #expect(aims.last?["is_reached"] is Bool, "\(aims)")
    #expect(aims.dropLast().allSatisfy { $0["is_reached"] == nil }, "\(aims)")
    let runs = try #require(report["runs"] as? [[String: Any]])
    #expect(runs.count == 1 && runs[0]["requests"] as? Int == 2_000, "\(runs)")
    #expect(page.contains("P95 of payments at 2,000 orders a second, ms"))
  }
}
