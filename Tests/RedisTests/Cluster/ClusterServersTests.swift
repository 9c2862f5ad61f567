import EventLoop
import Redis
import TestSupport
import Testing

@Suite struct ClusterServersTests {
  @Test func `a real cluster serves each key, and goes on when a master is killed`() async throws {
    try await withRedisCluster { cluster in
      for key in ["a", "{user1000}.x", "foo{}{bar}", "foo{{bar}}zap", "", "foo{bar"] {
        let slot = try await cluster.nodes[0].send("CLUSTER", "KEYSLOT", key).integer
        #expect(slot == HashSlot.of(key), "\(key)")
      }
      try await withEventLoop { loop in
        let router = RedisRouter(configuration: try .init(url: cluster.url), loop: loop)
        router.start()
        defer { router.close() }
        try await router.whenReady(deadline: .seconds(10))
        for number in 0..<50 {
          let key = "key\(number)"
          let reply = try await router.client(for: key).send(RedisCommand("SET", key, number))
          #expect(reply.text == "OK")
        }
        let lost = cluster.nodes[0]
        let key = (0..<50).map { "key\($0)" }.first { HashSlot.of($0) < HashSlot.count / 3 }!
        let client = router.client(for: key)
        let runID = client.runID
        _ = try await client.send(RedisCommand("WAIT", 1, 1_000))
        lost.server.kill()
        try await eventually(within: .seconds(30), "the replica serves") {
          (try? await client.send(RedisCommand("SET", key, "later"))) != nil
        }
        #expect(client.runID != runID)
        #expect(client.runID == (try await cluster.nodes[3].runID()))
        #expect(router.isReachable)
      }
    }
  }
}
