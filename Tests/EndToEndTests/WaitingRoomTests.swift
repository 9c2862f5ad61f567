import Embedded
import Foundation
import TestSupport
import Testing

/// The short form of `spillway-loadtest run waiting-room`, against the whole program.
@Suite struct WaitingRoomTests {
  @Test func `visitors who leave, lapse, reload and come back find a room that holds`() async throws
  {
    let instance = try await SharedInstance.get()
    let folder = TestFolder.make("room")
    defer { TestFolder.remove(folder) }
    let own = URL(fileURLWithPath: RunningProgram.executable).deletingLastPathComponent()
    let log = "\(folder)/output"
    let child = try await ChildProcess.start(
      "\(own.path)/spillway-loadtest",
      [
        "run", "waiting-room", "--url", "http://\(instance.site.host):\(instance.site.port)",
        "--data", instance.folder, "--users", "400", "--seconds", "3", "--connections", "64",
        "--capacity", "40", "--admissions", "40", "--session", "5", "--grace", "6",
        // A busy machine sheds requests; what is checked is what the others are told.
        "--objective-failures", "50", "--inside", "800", "--patience", "5000", "--leave", "15",
        "--lapse", "15",
      ], log: log)
    let status = await child.ended()
    let output = try String(contentsOfFile: log, encoding: .utf8)
    #expect(status == .exited(0), "\(output)")
    for outcome in ["joined", "place kept", "admitted", "left", "lapsed"] {
      #expect(output.contains("\n\(outcome) "), "\(output)")
    }
  }
}
