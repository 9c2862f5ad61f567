import EventLoop
import Glibc
import TestSupport
import Testing

@testable import Redis

@Suite struct RedisFaultTests {
  @Test func `calls pending when the server is killed fail once each, and work goes on after`()
    async throws
  {
    try await withRedis { server in
      try await withRedisClient(RedisConfiguration(url: server.url)) { client in
        let firstRun = client.runID
        var completions = [Int](repeating: 0, count: 500)
        var failures: [RedisError] = []
        client.call(timeout: .seconds(30)) { writer in
          writer.command(argumentCount: 3)
          writer.argument("BLPOP" as StaticString)
          writer.argument("empty")
          writer.argument(0)
        } completion: { _ in
        }
        for number in completions.indices {
          client.call(timeout: .seconds(30)) { writer in
            writer.command(argumentCount: 1)
            writer.argument("PING" as StaticString)
          } completion: { reply in
            completions[number] += 1
            if let failure = reply.failure { failures.append(failure) }
          }
        }
        await client.loop.sleep(for: .milliseconds(1))
        server.kill()
        #expect(await poll(on: client.loop) { client.state != .ready })
        #expect(await poll(on: client.loop) { failures.count == 500 })
        #expect(completions.allSatisfy { $0 == 1 })
        #expect(failures.allSatisfy { $0 == .disconnected })
        #expect(client.runID == nil)
        await server.stop()
        try await server.start()
        try await client.whenReady(deadline: .seconds(60))
        #expect(client.runID != nil && client.runID != firstRun)
        #expect(try await client.send(RedisCommand("PING")) == .status("PONG"))
        #expect(completions.allSatisfy { $0 == 1 })
      }
    }
  }

  @Test func `a stopped server is given up after the time-out and used again when it goes on`()
    async throws
  {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.url)
      configuration.commandTimeout = .milliseconds(150)
      configuration.connectTimeout = .milliseconds(150)
      try await withRedisClient(configuration) { client in
        server.kill(signal: SIGSTOP)
        let start = EventLoop.nanoseconds()
        let error = await redisError { _ = try await client.send(RedisCommand("GET", "a")) }
        let elapsed = Duration.nanoseconds(Int64(EventLoop.nanoseconds() - start))
        #expect(error == .timedOut)
        #expect(elapsed >= .milliseconds(140))
        #expect(await poll(on: client.loop) { client.state == .connecting })
        let refused = await redisError { _ = try await client.send(RedisCommand("GET", "a")) }
        #expect(refused == .disconnected)
        server.kill(signal: SIGCONT)
        try await client.whenReady(deadline: .seconds(60))
        // So short a time-out may be missed again while the machine is busy.
        let echo = try await eventually("an answer") {
          try? await client.send(RedisCommand("ECHO", "again"), timeout: .seconds(20)).text
        }
        #expect(echo == "again")
      }
    }
  }

  @Test func `a late reply is dropped and the calls around it get their own`() async throws {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        var states: [RedisClient.State] = []
        client.onStateChange = { states.append($0) }
        for round in 0..<3 {
          server.kill(signal: SIGSTOP)
          let slow = await redisError {
            _ = try await client.send(RedisCommand("ECHO", "late"), timeout: .milliseconds(40))
          }
          #expect(slow == .timedOut)
          #expect(client.pendingCount == 1)
          server.kill(signal: SIGCONT)
          let value = try await client.send(RedisCommand("ECHO", "round \(round)"))
          #expect(value.text == "round \(round)")
        }
        #expect(states.isEmpty)
      }
    }
  }

  @Test func `a server that is down at the start is waited for`() async throws {
    try await withRedis { server in
      await server.stop()
      let configuration = try RedisConfiguration(url: server.url)
      try await withEventLoop { loop in
        let client = RedisClient(configuration: configuration, loop: loop)
        client.start()
        defer { client.close() }
        #expect(await poll(on: loop) { client.lastFailure != nil })
        #expect(client.state == .connecting)
        try await server.start()
        try await client.whenReady(deadline: .seconds(60))
        #expect(try await client.send(RedisCommand("PING")) == .status("PONG"))
      }
    }
  }

  @Test func `bytes that the server does not take are bounded`() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.url)
      configuration.commandTimeout = .seconds(20)
      try await withRedisClient(configuration) { client in
        server.kill(signal: SIGSTOP)
        let block = [UInt8](repeating: 120, count: 1 << 20)
        var outcomes: [RedisError?] = []
        for _ in 0..<40 {
          client.call { writer in
            writer.command(argumentCount: 3)
            writer.argument("SET" as StaticString)
            writer.argument("block")
            writer.argument(block)
          } completion: {
            outcomes.append($0.failure)
          }
        }
        #expect(await poll(on: client.loop) { !outcomes.isEmpty })
        #expect(outcomes.allSatisfy { $0 == .overloaded })
        let refused = outcomes.count
        #expect((20...28).contains(refused))
        server.kill(signal: SIGCONT)
        #expect(await poll(on: client.loop) { outcomes.count == 40 })
        #expect(outcomes.filter { $0 == nil }.count == 40 - refused)
      }
    }
  }

  @Test func `closing fails pending calls and waiters, and nothing comes after`() async throws {
    try await withFakeRedis { server, client in
      var failures: [RedisError?] = []
      for _ in 0..<3 {
        client.call { writer in
          writer.command(argumentCount: 1)
          writer.argument("GET" as StaticString)
        } completion: {
          failures.append($0.failure)
        }
      }
      await client.loop.sleep(for: .milliseconds(5))
      client.close()
      client.close()
      #expect(failures == [.disconnected, .disconnected, .disconnected])
      #expect(client.state == .closed)
      let waiting = await redisError { try await client.whenReady(deadline: .seconds(1)) }
      #expect(waiting == .disconnected)
      let call = await redisError { _ = try await client.send(RedisCommand("GET")) }
      #expect(call == .disconnected)
      await client.loop.sleep(for: .milliseconds(100))
      #expect(server.connectionCount == 1)
    }
  }

  @Test func `a completion may close the client in the middle of a run of replies`() async throws {
    try await withFakeRedis { server, client in
      server.onCommand = { words in words[0] == "LAST" ? "+1\r\n+2\r\n+3\r\n" : "" }
      var outcomes: [String] = []
      for name in ["FIRST", "SECOND", "LAST"] {
        client.call { writer in
          writer.command(argumentCount: 1)
          writer.argument(name)
        } completion: { reply in
          outcomes.append(reply.failure.map { "\($0)" } ?? reply.text)
          client.close()
        }
      }
      #expect(await poll(on: client.loop) { outcomes.count == 3 })
      let gone = RedisError.disconnected.description
      #expect(outcomes == ["1", gone, gone])
    }
  }
}
