import Embedded
import Redis
import TestSupport
import Testing

@testable import Reconciler

/// Redis under each of the ways that `spillway up` offers to make what it accepted durable.
@Suite struct FsyncTests {
  @Test(arguments: [RedisServer.Fsync.always, .everySecond])
  func `orders, claims and a room go on behind a Redis that was killed`(
    fsync: RedisServer.Fsync
  ) async throws {
    let database = try await SharedServers.database()
    try await withRedis(.init(fsync: fsync)) { server in
      try await SaleBench.run(redis: server.url, database: database) { bench in
        let policy = try await bench.redis.send(RedisCommand("CONFIG", "GET", "appendfsync"))
        #expect(policy[1].text == fsync.rawValue)
        bench.startDaemon()
        let scene = try await HotScene.make(bench)
        defer { scene.close() }
        try await scene.play()
        try await scene.shop.untilSettled()
        // What is in the file outlives the process, also where the disk does not have it yet.
        try await eventually("all is written") {
          let text = try await bench.redis.send(RedisCommand("INFO", "persistence")).text ?? ""
          return text.contains("aof_enabled:1") && text.contains("aof_buffer_length:0\r\n")
        }
        let (old, epoch) = (bench.redis.runID, try await bench.record().epoch)
        server.kill()
        await server.stop()
        try await server.start()
        try await eventually(within: .seconds(60), "the server serves again") {
          guard let runID = bench.redis.runID, runID != old else { return false }
          return try await bench.lease() != nil
        }
        try await scene.untilOpen()
        try await scene.goOn()
        #expect(try await bench.record().epoch > epoch)
        #expect(bench.log.lines.contains { $0.contains(#""contents":"kept""#) })
      }
    }
  }
}
