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
        try await router.whenReady(deadline: .seconds(60))
        for number in 0..<50 {
          let key = "key\(number)"
          let reply = try await router.client(for: key).send(RedisCommand("SET", key, number))
          #expect(reply.text == "OK")
        }
        let key = "key0"
        let lost = try #require(try await cluster.owner(of: key))
        let heir = try #require(try await cluster.replicas(of: lost).first)
        let client = router.client(for: key)
        let runID = client.runID
        _ = try await client.send(RedisCommand("WAIT", 1, 1_000))
        lost.server.kill()
        try await eventually(within: .seconds(30), "the replica serves") {
          (try? await client.send(RedisCommand("SET", key, "later"))) != nil
        }
        #expect(client.runID != runID)
        #expect(client.runID == (try await heir.runID()))
        #expect(router.isReachable)
      }
    }
  }
}
