import Domain
import HotPath
import Redis
import TestSupport
import Testing

@testable import Services

@Suite struct CellLeaseTests {
  /// A lease that watches its key on a client of the server.
  private func watch(_ client: RedisClient) -> CellLease {
    let cell = CellName("\(SharedServers.tag("demo")).kr")!
    let lease = CellLease(keys: CellKeys(cell), client: client)
    client.onStateChange = { [weak lease] _ in lease?.connectionChanged() }
    client.start()
    lease.start()
    return lease
  }

  @Test func `a cell whose server is away counts as closed soon, and opens once it is there`()
    async throws
  {
    try await withRedis { server in
      await server.stop()
      try await withEventLoop { loop in
        let client = RedisClient(
          configuration: try RedisConfiguration(url: server.url), loop: loop, name: "test")
        let lease = watch(client)
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
      }
    }
  }

  @Test func `a lease of another form, or of another server, opens nothing`() async throws {
    let url = try await SharedServers.redis().url
    try await withEventLoop { loop in
      let client = RedisClient(
        configuration: try RedisConfiguration(url: url), loop: loop, name: "test")
      let lease = watch(client)
      defer {
        lease.end()
        client.close()
      }
      try await client.whenReady(deadline: .seconds(30))
      let runID = try #require(client.runID)
      let next = CellLease.text(epoch: 2, runID: runID)
      for other in ["2:\(runID)", "2:\(runID):1", "2:another:\(CellKeys.form)"] {
        _ = try await client.send(RedisCommand("SET", lease.keys.lease, next))
        lease.read()
        try await eventually("the cell is open") { lease.isOpen }
        _ = try await client.send(RedisCommand("SET", lease.keys.lease, other))
        lease.read()
        try await eventually("the cell is closed") { !lease.isOpen }
      }
    }
  }
}
