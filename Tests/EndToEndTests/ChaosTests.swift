import Embedded
import Foundation
import TestSupport
import Testing

/// The short form of `spillway-loadtest chaos`: real processes, real kills.
@Suite struct ChaosTests {
  @Test(arguments: ["claim", "order", "shop"])
  func `kills and a wipe of Redis break no promise to a client`(scenario: String) async throws {
    let (status, output) = try await run([
      "--scenario", scenario, "--rounds", "3", "--seconds", "3",
    ])
    #expect(status == .exited(0), "\(output)")
  }

  @Test func `a loss of power takes the last second alone, and a fail over nothing`() async throws {
    let (status, output) = try await run([
      "--scenario", "both", "--rounds", "2", "--seconds", "2", "--fsync", "everysec",
      "--replica-acks", "1",
    ])
    #expect(status == .exited(0), "\(output)")
  }

  @Test(arguments: [
    ("claim", "double-claim", "2 coupons of"),
    ("claim", "lost-fact", "was told of coupon"),
    ("order", "leaked-reservation", "reserved: 1"),
  ])
  func `a promise that is broken on purpose is found`(
    scenario: String, breach: String, words: String
  ) async throws {
    let (status, output) = try await run([
      "--scenario", scenario, "--rounds", "1", "--seconds", "1", "--clients", "8", "--breach",
      breach,
    ])
    #expect(status == .exited(1), "\(output)")
    #expect(output.contains(words), "\(output)")
  }

  /// Runs `spillway-loadtest chaos` with a seed of chance; returns how it ended and what it said.
  private func run(_ options: [String]) async throws -> (status: ProcessExit, output: String) {
    let folder = TestFolder.make("chaos")
    defer { TestFolder.remove(folder) }
    var generator = SeededGenerator()
    let seed = generator.seed == 0 ? 1 : generator.next() % 1_000_000
    let program = try builtProgram("spillway-loadtest")
    _ = try builtProgram("spillway")
    let log = "\(folder)/output"
    // Other tests keep the machine busy.
    let common = ["--seed", "\(seed)", "--reopening", "30", "--directory", "\(folder)/data"]
    let child = try await ChildProcess.start(program, ["chaos"] + options + common, log: log)
    let status = await child.ended()
    let output = String(
      decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    print(output)
    return (status, output)
  }

  /// An executable of this package, which the tests' own program lies beside.
  private func builtProgram(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/\(name)"
    try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is missing")
    return path
  }
}
