import Embedded
import Foundation
import TestSupport
import Testing

/// The short form of `spillway-loadtest chaos`: real processes, real kills.
@Suite struct ChaosTests {
  @Test(arguments: ["claim", "order", "shop"])
  func `kills and a wipe of Redis break no promise to a client`(scenario: String) async throws {
    let folder = TestFolder.make("chaos")
    defer { TestFolder.remove(folder) }
    var generator = SeededGenerator()
    let seed = generator.seed == 0 ? 1 : generator.next() % 1_000_000
    let program = try builtProgram("spillway-loadtest")
    _ = try builtProgram("spillway")
    let log = "\(folder)/output"
    let child = try await ChildProcess.start(
      program,
      [
        "chaos", "--scenario", scenario, "--seed", "\(seed)", "--rounds", "3", "--seconds", "3",
        // Other tests keep the machine busy.
        "--reopening", "30", "--directory", "\(folder)/data",
      ], log: log)
    let status = await child.ended()
    let output = String(
      decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    print(output)
    #expect(status == .exited(0), "\(output)")
  }

  /// An executable of this package, which the tests' own program lies beside.
  private func builtProgram(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/\(name)"
    try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is missing")
    return path
  }
}
