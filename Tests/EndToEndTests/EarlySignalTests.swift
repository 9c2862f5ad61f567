import Embedded
import EventLoop
import Foundation
import TestSupport
import Testing

/// Requests to stop that come before a service has started.
@Suite struct EarlySignalTests {
  /// Whether the program itself runs, no longer what started it, and has come to its first statements:
  /// one of them makes it ignore SIGPIPE.
  private func hasBegun(_ program: RunningProgram) -> Bool {
    let folder = "/proc/\(program.processIdentifier)"
    let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/exe")
    guard path == RunningProgram.executable,
      let status = try? String(contentsOfFile: "\(folder)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigIgn:") }),
      let ignored = UInt64(line.split(separator: "\t").last ?? "", radix: 16)
    else { return false }
    return ignored & 1 << (SIGPIPE - 1) != 0
  }

  @Test(arguments: ["serve", "reconcile", "up"], [SIGTERM, SIGINT])
  func `a service that is told to stop in its first moments ends cleanly`(
    name: String, signal: Int32
  ) async throws {
    let folder = TestFolder.make("early")
    defer { TestFolder.remove(folder) }
    let nowhere = [
      "SPILLWAY_REDIS_URL": "redis://127.0.0.1:1",
      "SPILLWAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    ]
    let arguments: [String] =
      switch name {
      case "up": ["up", "--data", "\(folder)/data", "--port", "0"]
      case "serve": ["serve", "--data", folder, "--port", "0", "--mode", "development"]
      default: [name]
      }
    try await withSpillway(arguments, environment: name == "up" ? [:] : nowhere) { program in
      let end = ContinuousClock.now + .seconds(30)
      // Without a pause, since the moments that count are few; and on a thread of its own, since those that
      // tasks share are as few.
      await withCheckedContinuation { continuation in
        LoopThread.start(name: "watch") {
          while !hasBegun(program), program.status == nil, ContinuousClock.now < end {
            sched_yield()
          }
          program.send(signal)
          continuation.resume()
        }
      }
      let status = try await program.ended()
      #expect(status == .exited(0), "\(program.log)")
      #expect(program.output == "")
    }
  }

  @Test func `a command that ends by itself may be broken off at once`() async throws {
    try await withSpillway(
      ["migrate"], environment: ["SPILLWAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"]
    ) { program in
      try await eventually("it runs") { hasBegun(program) }
      #expect(try await program.stop() == .signalled(SIGTERM))
    }
  }
}
