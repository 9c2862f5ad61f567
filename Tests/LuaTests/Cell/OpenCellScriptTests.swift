import HotPath
import Redis
import TestSupport
import Testing

@Suite struct OpenCellScriptTests {
  /// A cell that was closed, and what is in its stream.
  private static func closed(
    entries: [String] = [], nonce: String? = "n1", isComplete: Bool = false, _ bench: ScriptBench
  ) async throws {
    let keys = bench.keys
    for id in entries {
      _ = try await bench.client.send(RedisCommand("XADD", keys.stream, id, "kind", "payload"))
    }
    _ = try await bench.client.send(RedisCommand("DEL", keys.lease))
    if let nonce { _ = try await bench.client.send(RedisCommand("SET", keys.rebuild, nonce)) }
    if isComplete { _ = try await bench.client.send(RedisCommand("SET", keys.complete, "1")) }
  }

  private static func open(
    _ bench: ScriptBench, cursor: String = "0-0", contents: String = "rebuilt"
  ) async throws -> Int? {
    let keys = bench.keys
    return try await bench.client.evaluate(
      ScriptCatalog.openCell.script,
      keys: [
        keys.lease, keys.rebuild, keys.stream, keys.complete, keys.trimmed, keys.told,
      ],
      arguments: ["n1", "2:new", cursor, contents, keys.channel]
    ).integer
  }

  /// Lease, nonce, completeness, trimmed, and the last id of the stream.
  private static func state(_ bench: ScriptBench) async throws -> [String?] {
    let keys = bench.keys
    let values = try await bench.client.send(
      RedisCommand("MGET", keys.lease, keys.rebuild, keys.complete, keys.trimmed))
    var state = (values.array ?? []).map(\.text)
    let information = try? await bench.client.send(RedisCommand("XINFO", "STREAM", keys.stream))
    let fields = information?.array ?? []
    let index = fields.firstIndex { $0.text == "last-generated-id" }
    state.append(index.flatMap { fields[$0 + 1].text })
    return state
  }

  @Test func `a rebuilt cell opens under the lease, and its stream is there`() async throws {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(bench)
      #expect(try await Self.open(bench) == 1)
      #expect(try await Self.state(bench) == ["2:new", nil, "1", nil, "0-1"])
      #expect(try await bench.client.send(RedisCommand("XLEN", bench.keys.stream)).integer == 0)
    }
  }

  @Test func `a stream that is behind the ledger goes on above it, and says what it lacks`()
    async throws
  {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(entries: ["5-0", "6-1"], bench)
      #expect(try await Self.open(bench, cursor: "6-2") == 1)
      #expect(try await Self.state(bench) == ["2:new", nil, "1", "6-2", "6-2"])
    }
  }

  @Test(arguments: ["6-1", "6-0", "5-9", "0-0"])
  func `a stream that is not behind stays as it is`(cursor: String) async throws {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(entries: ["5-0", "6-1"], bench)
      #expect(try await Self.open(bench, cursor: cursor) == 1)
      #expect(try await Self.state(bench) == ["2:new", nil, "1", nil, "6-1"])
      #expect(try await bench.client.send(RedisCommand("XLEN", bench.keys.stream)).integer == 2)
    }
  }

  @Test func `ids are compared as numbers`() async throws {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(entries: ["9-9"], bench)
      #expect(try await Self.open(bench, cursor: "10-0") == 1)
      #expect(try await Self.state(bench)[4] == "10-0")
    }
  }

  @Test func `what was kept opens only when it is all there`() async throws {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(entries: ["5-0"], isComplete: true, bench)
      #expect(try await Self.open(bench, cursor: "5-0", contents: "kept") == 1)
      #expect(try await Self.state(bench) == ["2:new", nil, "1", nil, "5-0"])
    }
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(entries: ["5-0"], isComplete: false, bench)
      #expect(try await Self.open(bench, cursor: "5-0", contents: "kept") == 0)
    }
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(isComplete: true, bench)
      #expect(try await Self.open(bench, contents: "kept") == 0, "no stream")
    }
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(entries: ["5-0"], isComplete: true, bench)
      #expect(try await Self.open(bench, cursor: "5-1", contents: "kept") == 0, "behind")
      #expect(try await Self.state(bench) == [nil, "n1", "1", nil, "5-0"])
    }
  }

  @Test func `a rebuilt cell is told how far the ledger is, one that was kept is not`() async throws
  {
    for (contents, told) in [("rebuilt", "4-0"), ("kept", "9-0")] {
      try await ScriptBench.run { (bench) async throws in
        try await Self.closed(entries: ["9-0"], isComplete: true, bench)
        _ = try await bench.client.send(RedisCommand("SET", bench.keys.told, "9-0"))
        #expect(try await Self.open(bench, cursor: "4-0", contents: contents) == 1)
        #expect(try await bench.client.send(RedisCommand("GET", bench.keys.told)).text == told)
      }
    }
  }

  @Test(arguments: [nil, "n2"] as [String?])
  func `a cell that somebody else has closed or wiped since stays closed`(
    nonce: String?
  ) async throws {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(entries: ["5-0"], nonce: nonce, bench)
      #expect(try await Self.open(bench, cursor: "7-0") == 0)
      #expect(try await Self.state(bench) == [nil, nonce, nil, nil, "5-0"])
    }
  }

  @Test func `a closing is opened once`() async throws {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(bench)
      #expect(try await Self.open(bench) == 1)
      #expect(try await Self.open(bench) == 0, "the nonce is used up")
    }
  }

  @Test func `a stream of another type is an error and opens nothing`() async throws {
    try await ScriptBench.run { (bench) async throws in
      try await Self.closed(bench)
      _ = try await bench.client.send(RedisCommand("SET", bench.keys.stream, "text"))
      await #expect(throws: RedisError.self) { try await Self.open(bench) }
      #expect(try await Self.state(bench) == [nil, "n1", nil, nil, nil])
    }
  }
}
