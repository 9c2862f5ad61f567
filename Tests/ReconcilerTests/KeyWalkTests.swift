import Domain
import EventLoop
import HotPath
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct KeyWalkTests {
  private static let keysOfCell = 300

  /// Cells with keys of their own on a Redis of their own, among keys of others.
  private func withCells(
    _ count: Int, _ body: @escaping @Sendable (RedisClient, [CellKeys]) async throws -> Void
  ) async throws {
    try await withRedis { server in
      let configuration = try RedisConfiguration(url: server.url)
      try await withEventLoop { loop in
        let client = RedisClient(configuration: configuration, loop: loop)
        client.start()
        defer { client.close() }
        try await client.whenReady(deadline: .seconds(10))
        // One's name begins with another's.
        let cells = (0..<count).map { CellKeys(CellName("t.kr\($0 == 0 ? "" : "\($0)")")!) }
        for keys in cells {
          var words: [any RedisArgument] = []
          for number in 0..<Self.keysOfCell {
            words += [keys.idempotency(digest: "\(number)"), "x"] as [any RedisArgument]
          }
          _ = try await client.send(RedisCommand("MSET", words))
        }
        _ = try await client.send(RedisCommand("MSET", "spillway:{", "x", "other", "x"))
        try await body(client, cells)
      }
    }
  }

  private func limits() -> ReconcilerLimits {
    var limits = ReconcilerLimits()
    limits.loadChunk = 50
    return limits
  }

  private static func names(_ keys: CellKeys) -> Set<[UInt8]> {
    Set((0..<keysOfCell).map { keys.idempotency(digest: "\($0)") })
  }

  private func scans(_ client: RedisClient) async throws -> Int {
    let text = try await client.send(RedisCommand("INFO", "commandstats")).text ?? ""
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_scan:") }
    return line.flatMap { $0.split(separator: "=")[1].split(separator: ",").first }
      .flatMap { Int($0) } ?? 0
  }

  @Test func `one who asks gets its own keys, all of them`() async throws {
    try await withCells(3) { client, cells in
      var found: Set<[UInt8]> = []
      try await KeyWalk(client, limits()).find(cells[0], on: client.runID!) {
        (names: [[UInt8]]) async throws(ReconcilerError) in found.formUnion(names)
      }
      #expect(found == Self.names(cells[0]))
    }
  }

  @Test func `those who ask together share a walk, and who comes later gets one of its own`()
    async throws
  {
    try await withCells(8) { client, cells in
      let walk = KeyWalk(client, limits())
      var found: [Int: Set<[UInt8]>] = [:]
      var ended = 0
      func ask(_ index: Int) {
        client.loop.spawn {
          do {
            try await walk.find(cells[index], on: client.runID!) {
              (names: [[UInt8]]) async throws(ReconcilerError) in
              found[index, default: []].formUnion(names)
              // Asked for in the middle of a walk that has passed some of its keys.
              if index == 0, found[7] == nil {
                found[7] = []
                ask(7)
              }
            }
          } catch {
            Issue.record(error)
          }
          ended += 1
        }
      }
      for index in 0..<7 { ask(index) }
      try await eventually("all have what they asked for") { ended == 8 }
      for index in cells.indices { #expect(found[index] == Self.names(cells[index])) }
      // Two or three walks, not eight.
      let one = cells.count * Self.keysOfCell / 50 + 1
      #expect(try await scans(client) <= 4 * one)
    }
  }

  @Test func `who fails or asks of a server that is gone does not disturb the others`()
    async throws
  {
    try await withCells(3) { client, cells in
      let walk = KeyWalk(client, limits())
      var found: Set<[UInt8]> = []
      var errors: [Int: ReconcilerError] = [:]
      var ended = 0
      func ask(_ index: Int, on runID: String, _ take: @escaping KeyWalk.Taker) {
        client.loop.spawn {
          do throws(ReconcilerError) {
            try await walk.find(cells[index], on: runID, take)
          } catch {
            errors[index] = error
          }
          ended += 1
        }
      }
      ask(0, on: client.runID!) { (_: [[UInt8]]) async throws(ReconcilerError) in throw .lost }
      ask(1, on: "another") { (_: [[UInt8]]) async throws(ReconcilerError) in
        Issue.record("was given keys")
      }
      ask(2, on: client.runID!) { (names: [[UInt8]]) async throws(ReconcilerError) in
        found.formUnion(names)
      }
      try await eventually("all have ended") { ended == 3 }
      #expect(errors == [0: .lost, 1: .overtaken])
      #expect(found == Self.names(cells[2]))
    }
  }
}
