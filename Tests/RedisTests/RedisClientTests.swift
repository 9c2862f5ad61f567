import EventLoop
import Redis
import TestSupport
import Testing

@Suite struct RedisClientTests {
  @Test func `a client learns the server's run id and gets and sets values`() async throws {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        #expect(client.state == .ready)
        #expect(client.runID?.count == 40)
        let info = try await client.send(RedisCommand("INFO", "server"))
        #expect(info.text?.contains("run_id:\(client.runID!)") == true)
        let bytes: [UInt8] = [0, 13, 10, 255]
        #expect(try await client.send(RedisCommand("SET", "key", bytes)) == .status("OK"))
        #expect(try await client.send(RedisCommand("GET", "key")) == .string(bytes))
        #expect(try await client.send(RedisCommand("GET", "none")) == .null)
        #expect(try await client.send(RedisCommand("INCRBY", "number", -12)) == .integer(-12))
        #expect(try await client.send(RedisCommand("CLIENT", "GETNAME")).text == "test")
      }
    }
  }

  @Test func `replies of every shape arrive as values`() async throws {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        let script = Script(
          name: "shapes",
          source: """
            return {1, -7, 'text', '', {}, {'a', {'b', {9}}}, redis.status_reply('FINE'), false,
              redis.error_reply('ODD thing')}
            """)
        let value = try await client.evaluate(script)
        let nested = RedisValue.array([
          .string([97]), .array([.string([98]), .array([.integer(9)])]),
        ])
        let odd = RedisValue.error(.server(code: "ODD", message: "thing"))
        #expect(
          value
            == .array([
              .integer(1), .integer(-7), .string(Array("text".utf8)), .string([]), .array([]),
              nested, .status("FINE"), .null, odd,
            ]))
      }
    }
  }

  @Test func `a large value crosses many reads and writes unharmed`() async throws {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        var bytes = [UInt8](repeating: 0, count: 5_000_000)
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 / 7) }
        #expect(try await client.send(RedisCommand("SET", "large", bytes)).text == "OK")
        let value = try await client.send(RedisCommand("GET", "large"))
        #expect(value.bytes == bytes)
        #expect(try await client.send(RedisCommand("PING")) == .status("PONG"))
      }
    }
  }

  @Test func `concurrent calls share the connection and each gets its own reply`() async throws {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        var answers = [Int?](repeating: nil, count: 1000)
        for number in 0..<1000 {
          client.call { writer in
            writer.command(argumentCount: 2)
            writer.argument("ECHO" as StaticString)
            writer.argument(number)
          } completion: { reply in
            answers[number] = reply.decimal
          }
        }
        #expect(client.pendingCount == 1000)
        _ = try await client.send(RedisCommand("PING"))
        #expect(answers == (0..<1000).map { $0 })
      }
    }
  }

  @Test func `a server's error is thrown with its code and leaves the connection usable`()
    async throws
  {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        _ = try await client.send(RedisCommand("SET", "key", "text"))
        let error = await redisError {
          _ = try await client.send(RedisCommand("LPUSH", "key", "x"))
        }
        #expect(error?.isServer("WRONGTYPE") == true)
        #expect(try await client.send(RedisCommand("GET", "key")).text == "text")
      }
    }
  }

  @Test func `calls past the bound are refused as overloaded and the others succeed`() async throws
  {
    try await withRedis { server in
      var configuration = try RedisConfiguration.patient(url: server.url)
      configuration.maximumPending = 10
      try await withRedisClient(configuration) { client in
        var succeeded = 0
        var overloaded = 0
        await withCheckedContinuation { continuation in
          for _ in 0..<25 {
            client.call { writer in
              writer.command(argumentCount: 1)
              writer.argument("PING" as StaticString)
            } completion: { reply in
              if reply.failure == .overloaded { overloaded += 1 } else { succeeded += 1 }
              if succeeded + overloaded == 25 { continuation.resume() }
            }
          }
        }
        #expect(succeeded == 10)
        #expect(overloaded == 15)
      }
    }
  }

  @Test func `a call without a connection fails at once but never before it returns`() async throws
  {
    try await withEventLoop { loop in
      let client = RedisClient(
        configuration: RedisConfiguration(address: .unix(path: "/nonexistent/socket")), loop: loop)
      client.start()
      defer { client.close() }
      var hasReturned = false
      let failure: (RedisError?, Bool) = await withCheckedContinuation { continuation in
        client.call { _ in
          Issue.record("nothing may be written")
        } completion: { reply in
          continuation.resume(returning: (reply.failure, hasReturned))
        }
        hasReturned = true
      }
      #expect(failure == (.disconnected, true))
      let error = await redisError { try await client.whenReady(deadline: .milliseconds(50)) }
      #expect(error == .timedOut)
      #expect(client.lastFailure?.contains("/nonexistent/socket") == true)
    }
  }

  @Test func `a cancelled call gives up its reply and the next call gets its own`() async throws {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        let loop = client.loop
        var error: RedisError?
        let blocked = loop.spawn {
          error = await redisError {
            _ = try await client.send(RedisCommand("BLPOP", "list", 0))
          }
        }
        #expect(await poll(on: loop) { client.pendingCount == 1 })
        blocked.cancel()
        await blocked.value
        #expect(error == .cancelled)
        try await withRedisClient(.patient(url: server.url)) { other in
          _ = try await other.send(RedisCommand("LPUSH", "list", "late"))
        }
        let next = try await client.send(RedisCommand("ECHO", "mine"))
        #expect(next.text == "mine")
        #expect(client.state == .ready)
      }
    }
  }
}
