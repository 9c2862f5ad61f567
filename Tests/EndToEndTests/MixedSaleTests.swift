import Embedded
import Foundation
import TestSupport
import Testing

/// The short form of `spillway-loadtest run mixed`, against the whole program.
@Suite struct MixedSaleTests {
  private func loadtest(_ words: [String]) async throws -> (status: ProcessExit, output: String) {
    let folder = TestFolder.make("mixed")
    defer { TestFolder.remove(folder) }
    let own = URL(fileURLWithPath: RunningProgram.executable).deletingLastPathComponent()
    let child = try await ChildProcess.start(
      "\(own.path)/spillway-loadtest", words, log: "\(folder)/output")
    let status = await child.ended()
    return (status, try String(contentsOfFile: "\(folder)/output", encoding: .utf8))
  }

  @Test func `a whole sale holds from the queue to the ledger`() async throws {
    let instance = try await SharedInstance.get()
    let folder = TestFolder.make("report")
    defer { TestFolder.remove(folder) }
    let (status, output) = try await loadtest([
      "run", "mixed", "--url", "http://\(instance.site.host):\(instance.site.port)",
      "--data", instance.folder, "--users", "200", "--connections", "64", "--admissions", "200",
      "--capacity", "100", "--think", "50", "--reservation", "2", "--coupons", "80",
      "--quantity", "80", "--report", "\(folder)/mixed",
      // A busy machine sheds requests; what is checked is what the others are told.
      "--objective-error-rate", "50",
    ])
    #expect(status == .exited(0), "\(output)")
    for outcome in ["joined", "admitted", "stock", "coupon", "coupons gone", "reserved", "left"] {
      #expect(output.contains("\n\(outcome) "), "\(output)")
    }
    #expect(output.contains("coupons acknowledged: 80"), "\(output)")
    for ending in ["json", "md", "svg", "hgrm"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/mixed.\(ending)"))
    }
  }
}
