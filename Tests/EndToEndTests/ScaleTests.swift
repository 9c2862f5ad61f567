import Embedded
import Foundation
import TestSupport
import Testing

/// The short form of `spillway-loadtest scale`: real installations, few requests.
@Suite struct ScaleTests {
  @Test func `every dimension is measured and nothing is left behind`() async throws {
    let folder = TestFolder.make("scale")
    defer { TestFolder.remove(folder) }
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let programs = URL(fileURLWithPath: own).deletingLastPathComponent().path
    let report = "\(folder)/scale.md"
    let child = try await ChildProcess.start(
      "\(programs)/spillway-loadtest",
      [
        "scale", "--quick", "--requests", "200", "--holders", "1000", "--output", report,
        "--spillway", "\(programs)/spillway", "--json", "\(folder)/scale.json",
      ], log: "\(folder)/output")
    let status = await child.ended()
    let output = try String(contentsOfFile: "\(folder)/output", encoding: .utf8)
    try #require(status == .exited(0), "\(output)")
    let text = try String(contentsOfFile: report, encoding: .utf8)
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/scale.json"))
    let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect((json["tables"] as? [Any])?.count == 9 && json["provenance"] != nil)
    for head in [
      "- command: `spillway-loadtest scale --quick", "- commit: ", "- servers: Redis ",
      "## Claims by connections", "## Claims by campaigns", "## Claims by holders",
      "## Claims by cells", "## Claims by API processes", "## An idle connection",
      "## Waiting tickets", "## Orders", "## Opening again",
    ] {
      #expect(text.contains(head), "\(text)")
    }
    let left = "\(NSTemporaryDirectory())/spillway-scale-\(child.processIdentifier)"
    #expect(!FileManager.default.fileExists(atPath: left))
  }
}
