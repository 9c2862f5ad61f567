import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite struct RedisDisorderTests {
  /// What became of a run of calls.
  private struct Outcome {
    var ended: [Int: Int] = [:]
    var wrong = 0
    var replies = 0
    var timeouts = 0
    var refusals = 0

    mutating func note(_ number: Int, _ reply: RedisReply) {
      ended[number, default: 0] += 1
      switch reply.failure {
      case nil:
        replies += 1
        if reply.decimal != number { wrong += 1 }
      case .timedOut: timeouts += 1
      default: refusals += 1
      }
    }
  }

  @Test
  func
    `through pauses, short time-outs and cut connections each call ends once, with its own reply`()
    async throws
  {
    try await withRedis(.init(fsync: .never, configuration: ["enable-debug-command yes"])) {
      server in
      let configuration = try RedisConfiguration(url: server.url)
      try await withRedisClient(configuration) { client in
        let other = RedisClient(configuration: configuration, loop: client.loop, name: "other")
        other.start()
        defer { other.close() }
        try await other.whenReady(deadline: .seconds(60))
        var generator = SeededGenerator()
        var outcome = Outcome()
        var made = 0
        while made < 4000 {
          for _ in 0..<Int.random(in: 1...100, using: &generator) {
            let number = made
            made += 1
            let timeout = Duration.milliseconds(Int.random(in: 1...60, using: &generator))
            client.call(timeout: timeout) { writer in
              writer.command(argumentCount: 2)
              writer.argument("ECHO" as StaticString)
              writer.argument(number)
            } completion: {
              outcome.note(number, $0)
            }
          }
          switch Int.random(in: 0..<12, using: &generator) {
          case 0: _ = try? await other.send(RedisCommand("DEBUG", "SLEEP", "0.08"))
          case 1:
            _ = try? await other.send(RedisCommand("CLIENT", "KILL", "TYPE", "normal"))
            try await client.whenReady(deadline: .seconds(60))
          default:
            await client.loop.sleep(for: .milliseconds(Int.random(in: 0...4, using: &generator)))
          }
        }
        #expect(await poll(on: client.loop) { outcome.ended.count == made })
        // That the last connection was cut may not be noticed yet when the client says it is ready.
        let last = try await eventually("an answer at the end") {
          try? await client.send(RedisCommand("ECHO", "end")).text
        }
        #expect(last == "end")
        #expect(outcome.ended.values.allSatisfy { $0 == 1 })
        #expect(outcome.wrong == 0)
        #expect(outcome.replies > 0)
      }
    }
  }
}
