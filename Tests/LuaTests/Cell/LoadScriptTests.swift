import HotPath
import Redis
import TestSupport
import Testing

/// What a rebuild loads into a closed cell, part by part.
@Suite struct LoadScriptTests {
  private static let nonce = "n1"
  /// Longer than any test.
  private static let ahead = 3_600_000

  /// What loads pairs of words: two words of a pair in the order in which the script takes them.
  private enum Loader: CaseIterable {
    case answers, popular, records

    var script: Script {
      switch self {
      case .answers: ScriptCatalog.loadAnswers.script
      case .popular: ScriptCatalog.loadPopular.script
      case .records: ScriptCatalog.loadRecords.script
      }
    }

    func key(_ keys: CellKeys) -> [UInt8] {
      switch self {
      case .answers: keys.answers(day: 7)
      case .popular: keys.popular(day: 7)
      case .records: keys.idempotency(digest: "d")
      }
    }
  }

  /// Loads into a cell that somebody has closed under a nonce, or wiped (nil).
  private func load(
    _ loader: Loader, _ bench: ScriptBench, key: [UInt8]? = nil, _ pairs: [(String, String)],
    closedUnder nonce: String? = nonce, expires: Int = ahead
  ) async throws -> RedisValue {
    if let nonce {
      _ = try await bench.client.send(RedisCommand("SET", bench.keys.rebuild, nonce))
    } else {
      _ = try await bench.client.send(RedisCommand("DEL", bench.keys.rebuild))
    }
    let time = try await bench.client.send(RedisCommand("TIME"))
    let now = time[0].integer! * 1000
    var arguments: [any RedisArgument] = [Self.nonce]
    var keys: [any RedisArgument] = [bench.keys.rebuild, key ?? loader.key(bench.keys)]
    if loader == .records {
      for (value, life) in pairs { arguments += [value, life] }
      keys = [bench.keys.rebuild] + pairs.indices.map { bench.keys.idempotency(digest: "d\($0)") }
    } else {
      arguments.append(now + expires)
      for (first, second) in pairs { arguments += [first, second] }
    }
    return try await bench.client.evaluate(loader.script, keys: keys, arguments: arguments)
  }

  private func fields(_ command: RedisCommand, _ bench: ScriptBench) async throws -> [String] {
    (try await bench.client.send(command).array ?? []).compactMap(\.text)
  }

  @Test func `answers come in parts, and go an hour after the day behind theirs`() async throws {
    try await ScriptBench.run { (bench) async throws in
      let key = bench.keys.answers(day: 7)
      #expect(try await load(.answers, bench, [("d1", "f1 a"), ("d2", "f2 b")]).integer == 1)
      #expect(try await load(.answers, bench, [("d3", "f3 c")]).integer == 1)
      #expect(
        try await fields(RedisCommand("HMGET", key, "d1", "d2", "d3"), bench)
          == ["f1 a", "f2 b", "f3 c"])
      let life = try await bench.millisecondsToLive(key)
      #expect((Self.ahead - 60_000...Self.ahead).contains(life))
    }
  }

  @Test func `a part that comes twice changes nothing`() async throws {
    try await ScriptBench.run { (bench) async throws in
      for _ in 1...2 {
        #expect(try await load(.popular, bench, [("5", "p-a"), ("2", "p-b")]).integer == 1)
      }
      let key = bench.keys.popular(day: 7)
      #expect(
        try await fields(RedisCommand("ZRANGE", key, 0, -1, "WITHSCORES"), bench)
          == ["p-b", "2", "p-a", "5"])
      #expect(try await bench.millisecondsToLive(key) > 0)
    }
  }

  @Test func `each record lives for the rest of its own time`() async throws {
    try await ScriptBench.run { (bench) async throws in
      #expect(try await load(.records, bench, [("f 1", "5000"), ("g 2", "90000")]).integer == 1)
      let keys = (0...1).map { bench.keys.idempotency(digest: "d\($0)") }
      #expect(try await fields(RedisCommand("MGET", keys[0], keys[1]), bench) == ["f 1", "g 2"])
      #expect((1...5000).contains(try await bench.millisecondsToLive(keys[0])))
      #expect((60_000...90_000).contains(try await bench.millisecondsToLive(keys[1])))
    }
  }

  @Test func `what is over when it comes is not there`() async throws {
    try await ScriptBench.run { (bench) async throws in
      for loader in [Loader.answers, .popular] {
        #expect(try await load(loader, bench, [("1", "x")], expires: -60_000).integer == 1)
        #expect(
          try await bench.client.send(RedisCommand("EXISTS", loader.key(bench.keys))).integer == 0)
      }
    }
  }

  @Test(arguments: [nil, "n2"] as [String?])
  func `nothing is loaded once somebody else has closed, opened or wiped the cell`(
    nonce: String?
  ) async throws {
    try await ScriptBench.run { (bench) async throws in
      for loader in Loader.allCases {
        #expect(try await load(loader, bench, [("1", "1000")], closedUnder: nonce).integer == 0)
      }
      let keys = [bench.keys.answers(day: 7), bench.keys.popular(day: 7)]
      let record = bench.keys.idempotency(digest: "d0")
      #expect(
        try await bench.client.send(RedisCommand("EXISTS", keys[0], keys[1], record)).integer == 0)
    }
  }

  @Test func `a key of another type is an error and stays as it is`() async throws {
    try await ScriptBench.run { (bench) async throws in
      for loader in [Loader.answers, .popular] {
        let key = loader.key(bench.keys)
        _ = try await bench.client.send(RedisCommand("SET", key, "text"))
        await #expect(throws: RedisError.self) { try await load(loader, bench, [("1", "x")]) }
        #expect(try await bench.client.send(RedisCommand("GET", key)).text == "text")
        #expect(try await bench.millisecondsToLive(key) == -1)
      }
    }
  }
}
