import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RequestScriptTests {
  private let record = Array("spillway:{request.test.\(SharedServers.tag("r"))}:record".utf8)

  private func begin(
    _ client: RedisClient, _ fingerprint: String = "f", owner: String = "o1", lease: Int = 60_000
  ) async throws -> [String] {
    let reply = try await client.evaluate(
      ScriptCatalog.beginRequest.script, keys: [record], arguments: [fingerprint, owner, lease])
    return (reply.array ?? []).map { $0.text ?? "\($0.integer ?? -1)" }
  }

  private func finish(
    _ client: RedisClient, _ response: String, owner: String = "o1", fingerprint: String = "f"
  ) async throws -> Int? {
    try await client.evaluate(
      ScriptCatalog.finishRequest.script, keys: [record], arguments: [fingerprint, owner, response]
    ).integer
  }

  @Test func `a request is begun once, and its response is kept for a day`() async throws {
    try await ScriptBench.run { bench in
      let client = bench.client
      #expect(try await begin(client) == ["new"])
      let running = try await begin(client, owner: "o2")
      #expect(running[0] == "running" && (1...60_000).contains(Int(running[1]) ?? 0))
      #expect(try await finish(client, "answer", owner: "o2") == 0)
      #expect(try await finish(client, "answer") == 1)
      #expect(try await begin(client, owner: "o2") == ["done", "answer"])
      #expect(try await finish(client, "another") == 0)
      #expect(try await begin(client) == ["done", "answer"])
      let life = try await bench.millisecondsToLive(record)
      #expect((86_300_000...86_400_000).contains(life))
    }
  }

  @Test func `another request with the key is refused, running or done`() async throws {
    try await ScriptBench.run { bench in
      let client = bench.client
      let begun = try await begin(client)
      #expect(begun == ["new"])
      #expect(try await begin(client, "g") == ["reused"])
      #expect(try await finish(client, "answer") == 1)
      #expect(try await begin(client, "g") == ["reused"])
    }
  }

  @Test func `a request that was given up begins anew`() async throws {
    try await ScriptBench.run { bench in
      let client = bench.client
      let begun = try await begin(client)
      #expect(begun == ["new"])
      #expect(try await finish(client, "") == 1)
      #expect(try await begin(client, "g", owner: "o2") == ["new"])
    }
  }

  @Test func `an attempt whose lease lapsed is taken over, and has nothing more to say`()
    async throws
  {
    try await ScriptBench.run { bench in
      let client = bench.client
      #expect(try await begin(client, lease: 1) == ["new"])
      try await eventually("the lease to lapse") {
        try await begin(client, owner: "o2") == ["taken"]
      }
      #expect(try await finish(client, "late") == 0)
      #expect(try await finish(client, "", owner: "o1") == 0)
      #expect(try await finish(client, "second", owner: "o2") == 1)
      #expect(try await begin(client) == ["done", "second"])
    }
  }

  @Test func `what was done is saved also when Redis has lost the record`() async throws {
    try await ScriptBench.run { bench in
      let client = bench.client
      #expect(try await begin(client) == ["new"])
      _ = try await client.send(RedisCommand("DEL", record))
      #expect(try await finish(client, "answer") == 1)
      #expect(try await begin(client) == ["done", "answer"])
      #expect(try await begin(client, "g") == ["reused"])
    }
  }

  @Test func `a key of another type is an error and changes nothing`() async throws {
    try await ScriptBench.run { bench in
      _ = try await bench.client.send(RedisCommand("SET", record, "text"))
      await #expect(throws: RedisError.self) { try await begin(bench.client) }
      await #expect(throws: RedisError.self) { try await finish(bench.client, "answer") }
      #expect(try await bench.client.send(RedisCommand("GET", record)).text == "text")
    }
  }
}
