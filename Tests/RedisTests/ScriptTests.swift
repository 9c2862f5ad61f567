import EventLoop
import Redis
import TestSupport
import Testing

@Suite struct ScriptTests {
  @Test func `the digest is the one that SCRIPT LOAD answers, for sources of every length`()
    async throws
  {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        for length in Array(0...130) + [1000, 65_536] {
          let source = "return 1 --" + String(repeating: "x", count: length)
          let script = Script(name: "length \(length)", source: source)
          let digest = try await client.send(RedisCommand("SCRIPT", "LOAD", script.source))
          #expect(digest.text == script.sha1)
        }
      }
    }
  }

  @Test func `a script that the server has forgotten is loaded once and its call repeated`()
    async throws
  {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        let script = Script(
          name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1]) + #ARGV")
        for round in 1...3 {
          _ = try await client.send(RedisCommand("SCRIPT", "FLUSH"))
          let value = try await client.evaluate(script, keys: ["sum"], arguments: [10, "x"])
          #expect(value == .integer(10 * round + 2))
          let again = try await client.evaluate(script, keys: ["other"], arguments: [1])
          #expect(again == .integer(round + 1))
        }
        let statistics = try await client.send(RedisCommand("INFO", "commandstats"))
        #expect(statistics.text?.contains("cmdstat_script|load:calls=3,") == true)
      }
    }
  }

  @Test func `a script that does not compile is reported as such and not tried again`() async throws
  {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        let script = Script(name: "broken", source: "return (")
        let error = await redisError { _ = try await client.evaluate(script) }
        guard case .server("ERR", let message) = error else {
          Issue.record("unexpected \(String(describing: error))")
          return
        }
        #expect(message.contains("compiling"))
        let statistics = try await client.send(RedisCommand("INFO", "commandstats"))
        #expect(statistics.text?.contains("cmdstat_evalsha:calls=2,") == true)
      }
    }
  }

  @Test func `the hot form hands keys and arguments to the script and lends the reply`()
    async throws
  {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        let script = Script(name: "echo", source: "return {KEYS, ARGV, #KEYS * 100 + #ARGV}")
        let result: [String] = await withCheckedContinuation { continuation in
          client.evaluate(script, keyCount: 2, argumentCount: 3) { writer in
            writer.argument("{c}:a" as StaticString)
            writer.argument("{c}:b")
            writer.argument(-42)
            writer.argument([] as [UInt8])
            writer.argument(Int.min)
          } completion: { reply in
            var result: [String] = []
            for list in 0..<2 {
              for index in 0..<reply[list].count { result.append(reply[list][index].text) }
            }
            result.append("\(reply[2].integer)")
            continuation.resume(returning: result)
          }
        }
        #expect(result == ["{c}:a", "{c}:b", "-42", "", "\(Int.min)", "203"])
      }
    }
  }
}
