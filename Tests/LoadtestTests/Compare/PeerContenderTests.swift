import EventLoop
import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

/// Each peer for real, as far as it is installed: `make test` does not install what only benchmarks need.
@Suite struct PeerContenderTests {
  private static let python: String? = PeerProgram.python(
    above: URL(fileURLWithPath: #filePath).deletingLastPathComponent().path)

  /// Starts a contender, lets `body` use it, and stops it.
  private func withContender(
    _ make: (String, EventLoop) -> any Contender,
    _ body: (any Contender) async throws -> Void
  ) async throws {
    let folder = TestFolder.make("peer")
    defer { TestFolder.remove(folder) }
    let loop = EventLoop.start(name: "peer")
    defer { loop.stop() }
    let contender = make("\(folder)/peer", loop)
    do {
      try await contender.start()
      try await body(contender)
    } catch {
      await contender.stop()
      throw error
    }
    await contender.stop()
    #expect(contender.processorSeconds().values.allSatisfy { $0 == 0 }, "something still runs")
  }

  /// Has both loads' answers looked at, which is part of making ready.
  private func expectRightAnswers(_ contender: any Contender) async throws {
    #expect(try await contender.prepare(.winning) != nil)
    #expect(try await contender.prepare(.soldOut) != nil)
    #expect(try await contender.prepare(.fixed) == nil)
    let used = contender.processorSeconds()
    #expect(used["Redis"] != nil && used.values.allSatisfy { $0 >= 0 })
  }

  @Test(arguments: [1, RedisBenchmarkContender.depth])
  func `redis-benchmark claims in a run of its own`(pipeline: Int) async throws {
    try await withContender {
      RedisBenchmarkContender(folder: $0, pipeline: pipeline, fsync: .always, loop: $1)
    } _: { contender in
      try await expectRightAnswers(contender)
      let task = try #require(try await contender.prepare(.winning))
      let run = try await task.run(connections: 8, seconds: 1) {
        (ProcessTree.threadCount(of: $0), contender.processorSeconds()["Redis"] ?? 0)
      }
      #expect(run.begin.0 > 0 && run.end.0 > 0)
      #expect(run.end.1 >= run.begin.1)
      #expect(run.report.rate > 0 && run.report.percentile99 >= run.report.percentile50)
      let issued = try #require(try await contender.settle()["coupons issued"])
      #expect(issued > Double(run.report.requests) * 0.99)
    }
  }

  @Test(.enabled(if: PeerProgram.find("webdis") != nil, "webdis is not installed"))
  func `webdis answers claims rightly`() async throws {
    try await withContender {
      WebdisContender(folder: $0, fsync: .always, loop: $1)
    } _: {
      try await expectRightAnswers($0)
    }
  }

  @Test(.enabled(if: NginxContender.missing == nil, "nginx with Lua is not installed"))
  func `nginx answers claims rightly`() async throws {
    try await withContender {
      NginxContender(folder: $0, connections: 16, fsync: .always, loop: $1)
    } _: {
      try await expectRightAnswers($0)
    }
  }

  @Test(.enabled(if: python != nil, "the FastAPI service's environment is not made"))
  func `the FastAPI service answers claims rightly`() async throws {
    try await withContender {
      FastAPIContender(folder: $0, python: Self.python, users: 10, fsync: .always, loop: $1)
    } _: {
      try await expectRightAnswers($0)
    }
  }

  @Test func `a peer that is not there is told, and what was started of it is stopped`()
    async throws
  {
    await #expect(throws: ScenarioError.self) {
      try await withContender {
        FastAPIContender(folder: $0, python: nil, users: 1, fsync: .always, loop: $1)
      } _: { _ in
      }
    }
    await #expect(throws: ScenarioError.self) {
      try await withContender {
        FastAPIContender(
          folder: $0, python: "/bin/false", users: 1, fsync: .always, loop: $1)
      } _: { _ in
      }
    }
    #expect(throws: ScenarioError.self) { try PeerProgram.path("no-such-program") }
  }
}
