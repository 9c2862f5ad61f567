import EventLoop
import Redis
import Telemetry
import TestSupport
import Testing

@Suite struct RedisMetricsTests {
  @Test func `commands, times, reconnects and batch sizes are counted, and changes are logged`()
    async throws
  {
    try await withRedis { server in
      let configuration = try RedisConfiguration(url: server.url)
      let metrics = MetricsRegistry()
      let log = CapturedLog()
      try await withEventLoop { loop in
        let client = RedisClient(
          configuration: configuration, loop: loop, name: "metrics",
          logger: Logger(label: "redis", sink: .captured(by: log)), metrics: metrics)
        client.start()
        defer { client.close() }
        try await client.whenReady(deadline: .seconds(60))
        let sizes = metrics.histogram("batch_size", "Sizes.", buckets: .sizes)
        let batcher = Batcher<Int>(loop: loop, batchSizes: sizes) {
          batch, done in
          client.call { writer in
            writer.command(argumentCount: 1)
            writer.argument("PING" as StaticString)
          } completion: { _ in
            done()
          }
        }
        for number in 0..<5 { #expect(batcher.submit(number)) }
        #expect(await poll(on: loop) { !batcher.isBusy && batcher.waitingCount == 0 })
        server.kill()
        #expect(await poll(on: loop) { client.state == .connecting })
        await server.stop()
        try await server.start()
        try await client.whenReady(deadline: .seconds(60))
      }
      let text = String(decoding: metrics.render(), as: UTF8.self)
      let lines = text.split(separator: "\n")
      #expect(lines.contains("batch_size_sum 5"))
      #expect(lines.contains("batch_size_count 1"))
      // Three replies for each handshake, of which a loading server may see more than two.
      for name in ["commands_total", "call_seconds_count"] {
        let prefix = "spillway_redis_\(name){client=\"metrics\"} "
        let line = lines.first { $0.hasPrefix(prefix) }
        #expect(line.flatMap { Int($0.dropFirst(prefix.count)) } ?? 0 >= 7)
      }
      #expect(lines.contains { $0.hasPrefix("spillway_redis_reconnects_total") })
      #expect(log.lines.filter { $0.contains("\"connected to Redis\"") }.count == 1)
      #expect(log.lines.contains { $0.contains("\"lost the connection to Redis\"") })
    }
  }
}
