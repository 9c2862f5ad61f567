import Domain
import HotPath
import Redis
import TestSupport
import Testing

@testable import Services

@Suite struct CellLeaseTests {
  @Test func `a cell opens under a lease of its server and this form, and under no other`()
    async throws
  {
    try await withRedis { server in
      await server.stop()
      try await withEventLoop { loop in
        let client = RedisClient(
          configuration: try RedisConfiguration(url: server.url), loop: loop, name: "test")
        let lease = CellLease(keys: CellKeys(CellName("demo.kr")!), client: client)
        client.onStateChange = { [weak lease] _ in lease?.connectionChanged() }
        client.start()
        lease.start()
        defer {
          lease.end()
          client.close()
        }
        var told = 0
        let waiting = (0..<2).map { _ in
          loop.spawn {
            await lease.whenRead()
            told += 1
          }
        }
        try await eventually("who waits is let go") { told == 2 }
        for task in waiting { await task.value }
        #expect(!lease.isOpen)
        try await server.start()
        try await client.whenReady(deadline: .seconds(30))
        let vouched = CellLease.text(epoch: 1, runID: client.runID)
        _ = try await client.send(RedisCommand("SET", lease.keys.lease, vouched))
        try await eventually("the cell is open") { lease.isOpen }
        #expect(lease.epoch == 1)
        let runID = try #require(client.runID)
        // A lease of another form, or of another server, opens nothing.
        for other in ["2:\(runID)", "2:\(runID):1", "2:another:\(CellKeys.form)"] {
          _ = try await client.send(RedisCommand("SET", lease.keys.lease, other))
          lease.read()
          try await eventually("the cell is closed") { !lease.isOpen }
          let next = CellLease.text(epoch: 2, runID: runID)
          _ = try await client.send(RedisCommand("SET", lease.keys.lease, next))
          try await eventually("the cell is open") { lease.isOpen }
        }
        #expect(lease.epoch == 2)
      }
    }
  }
}
