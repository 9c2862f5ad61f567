import Embedded
import EventLoop
import Foundation
import Redis
import TestSupport
import Testing

@Suite struct ReplicaWaitTests {
  private static let script = Script(
    name: "set", source: "redis.call('SET', KEYS[1], ARGV[1]) return ARGV[1]")

  /// Runs the script and waits for one replica.
  private static func run(
    _ client: RedisClient, _ script: Script, _ value: String
  ) async -> ConfirmedReply {
    await withCheckedContinuation { continuation in
      client.evaluate(
        script, keyCount: 1, argumentCount: 1,
        confirmedBy: ReplicaWait(replicas: 1, timeout: .milliseconds(50))
      ) { writer in
        writer.argument("{wait}key")
        writer.argument(value)
      } completion: {
        continuation.resume(returning: $0)
      }
    }
  }

  @Test func `without a replica a script is run, told, and not confirmed`() async throws {
    try await withRedis { server in
      try await withRedisClient(try .init(url: server.url)) { client in
        for round in 0..<2 {
          // Also when the server has to be given the script first.
          _ = try await client.send(RedisCommand("SCRIPT", "FLUSH"))
          let reply = await Self.run(client, Self.script, "value\(round)")
          #expect(try reply.reply.get() == Array("value\(round)".utf8))
          #expect(!reply.isConfirmed)
          let found = try await client.send(RedisCommand("GET", "{wait}key"))
          #expect(found.text == "value\(round)")
        }
        let broken = await Self.run(client, Script(name: "x", source: "syntax error"), "v")
        #expect(throws: RedisError.self) { try broken.reply.get() }
        #expect(!broken.isConfirmed)
      }
    }
  }

  @Test func `what somebody else wrote is confirmed too, and not before a replica has it`()
    async throws
  {
    let prompt = RedisServer.Options(
      fsync: .never, configuration: ["repl-diskless-sync-delay 0"])
    try await withRedis(prompt) { master in
      try await withRedisClient(try .init(url: master.url)) { client in
        let port = FreePorts.find(1)[0]
        _ = try await client.send(RedisCommand("CONFIG", "SET", "port", port))
        let options = RedisServer.Options(
          fsync: .never, configuration: ["replicaof 127.0.0.1 \(port)"])
        try await withRedis(options) { replica in
          try await eventually("the replica copies") {
            try await client.send(RedisCommand("WAIT", 1, 10)).integer == 1
          }
          try await eventually("the replica confirms") {
            await Self.run(client, Self.script, "a").isConfirmed
          }
          replica.kill(signal: SIGSTOP)
          let second = await Self.run(client, Self.script, "b")
          #expect(!second.isConfirmed)
          // A connection that has written nothing itself must not be told that all is well.
          let reading = Script(name: "get", source: "return redis.call('GET', KEYS[1])")
          try await withRedisClient(client.configuration) { other in
            let seen = await Self.run(other, reading, "")
            #expect(try seen.reply.get() == Array("b".utf8))
            #expect(!seen.isConfirmed)
            replica.kill(signal: SIGCONT)
            try await eventually("the replica has caught up") {
              await Self.run(other, reading, "").isConfirmed
            }
          }
        }
      }
    }
  }
}
