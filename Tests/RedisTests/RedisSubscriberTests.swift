import EventLoop
import Glibc
import TestSupport
import Testing

@testable import Redis

@Suite struct RedisSubscriberTests {
  @Test func `messages of the wanted channels arrive in order`() async throws {
    try await withRedis { server in
      let configuration = try RedisConfiguration(url: server.url)
      try await withRedisClient(configuration) { client in
        let subscriber = RedisSubscriber(configuration: configuration, loop: client.loop)
        defer { subscriber.close() }
        var received: [String] = []
        subscriber.onGap = { Issue.record("nothing was lost") }
        subscriber.subscribe("one", "two") { channel, message in
          received.append("\(channel):\(String(decoding: message, as: UTF8.self))")
        }
        subscriber.start()
        try await subscriber.whenReady(deadline: .seconds(60))
        subscriber.subscribe("three") { _, message in received.append("three \(message.count)") }
        #expect(!subscriber.isReceiving)
        try await subscriber.whenReady(deadline: .seconds(60))
        for (channel, message) in [
          ("one", "a"), ("two", "b"), ("other", "c"), ("three", "long"), ("one", ""),
        ] {
          _ = try await client.send(RedisCommand("PUBLISH", channel, message))
        }
        #expect(await poll(on: client.loop) { received.count == 4 })
        #expect(received == ["one:a", "two:b", "three 4", "one:"])
      }
    }
  }

  @Test func `after a lost connection the channels are subscribed again and the gap is told`()
    async throws
  {
    try await withRedis { server in
      let configuration = try RedisConfiguration(url: server.url)
      try await withRedisClient(configuration) { client in
        let subscriber = RedisSubscriber(configuration: configuration, loop: client.loop)
        defer { subscriber.close() }
        var gaps = 0
        var received = 0
        subscriber.onGap = { gaps += 1 }
        subscriber.subscribe("signal") { _, _ in received += 1 }
        subscriber.start()
        try await subscriber.whenReady(deadline: .seconds(60))
        for round in 1...3 {
          _ = try await client.send(RedisCommand("CLIENT", "KILL", "TYPE", "pubsub"))
          #expect(await poll(on: client.loop) { gaps == round && subscriber.isReceiving })
          _ = try await client.send(RedisCommand("PUBLISH", "signal", "x"))
          #expect(await poll(on: client.loop) { received == round })
        }
        #expect(gaps == 3)
      }
    }
  }

  @Test func `a pause of this process is not taken for the server's silence`() async throws {
    try await withRedis { server in
      let settings = try RedisConfiguration(url: server.url)
      try await withEventLoop { loop in
        let subscriber = RedisSubscriber(configuration: settings, loop: loop)
        subscriber.pingInterval = .milliseconds(500)
        defer { subscriber.close() }
        var gaps = 0
        subscriber.onGap = { gaps += 1 }
        subscriber.subscribe("signal") { _, _ in }
        subscriber.start()
        try await subscriber.whenReady(deadline: .seconds(60))
        for _ in 0..<3 {
          // A ping is sent soon; the next is due while this thread stands still.
          await loop.sleep(for: .milliseconds(510))
          usleep(700_000)
        }
        await loop.sleep(for: .milliseconds(600))
        #expect(gaps == 0 && subscriber.isReceiving)
      }
    }
  }

  @Test func `a server that has fallen silent is noticed without any message`() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.url)
      configuration.connectTimeout = .seconds(5)
      let settings = configuration
      try await withEventLoop { loop in
        let subscriber = RedisSubscriber(configuration: settings, loop: loop)
        subscriber.pingInterval = .milliseconds(500)
        defer { subscriber.close() }
        var gaps = 0
        subscriber.onGap = { gaps += 1 }
        subscriber.subscribe("signal") { _, _ in }
        subscriber.start()
        try await subscriber.whenReady(deadline: .seconds(60))
        // Many pings later it is still the same connection.
        await loop.sleep(for: .seconds(2))
        #expect(gaps == 0 && subscriber.isReceiving)
        server.kill(signal: SIGSTOP)
        #expect(await poll(on: loop) { !subscriber.isReceiving })
        server.kill(signal: SIGCONT)
        #expect(await poll(on: loop) { gaps >= 1 && subscriber.isReceiving })
      }
    }
  }

  @Test
  func `a channel that the ACL denies is told as the reason, and not asked for without pause`()
    async throws
  {
    try await withRedis { server in
      let address = try RedisConfiguration(url: server.url)
      try await withRedisClient(address) { administrator in
        let user = RedisCommand(
          "ACL", "SETUSER", "deaf", "on", ">x", "~*", "resetchannels", "+@all")
        #expect(try await administrator.send(user).text == "OK")
        var configuration = address
        configuration.username = "deaf"
        configuration.password = "x"
        let subscriber = RedisSubscriber(configuration: configuration, loop: administrator.loop)
        defer { subscriber.close() }
        subscriber.subscribe("signal") { _, _ in }
        subscriber.start()
        let start = ContinuousClock.now
        // A busy machine may need longer to refuse.
        try await eventually("the refusal is told") {
          let error = await redisError {
            try await subscriber.whenReady(deadline: .milliseconds(500))
          }
          #expect(error == .timedOut)
          return subscriber.lastFailure?.contains("NOPERM") == true
        }
        let statistics = try await administrator.send(RedisCommand("INFO", "stats"))
        let prefix = "total_connections_received:"
        let line = statistics.text?.split(whereSeparator: \.isNewline).first {
          $0.hasPrefix(prefix)
        }
        let connections = Int(line?.dropFirst(prefix.count) ?? "") ?? .max
        let seconds = Int((ContinuousClock.now - start).components.seconds)
        #expect(connections < 40 + 4 * seconds)
      }
    }
  }
}
