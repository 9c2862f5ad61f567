import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite struct SentinelRoutingTests {
  @Test func `the sentinel that knows of the latest failover is believed`() async throws {
    try await withFakeSentinels { sentinels, router in
      #expect(try await server(router) == 0)
      sentinels.views[2] = (2, 1)
      try await untilServed(by: 1, sentinels, router)
    }
  }

  @Test func `a sentinel that was cut off does not bring old times back`() async throws {
    try await withFakeSentinels { sentinels, router in
      sentinels.views = [(9, 1), (9, 1), (9, 1)]
      try await untilServed(by: 1, sentinels, router)
      // One of three tells of times gone by, and the others are away.
      sentinels.views[0] = (3, 0)
      sentinels.sentinels[1].close()
      sentinels.sentinels[2].close()
      try await afterLooks(3, sentinels, router)
      #expect(try await server(router) == 1)
    }
  }

  @Test func `sentinels that were set up anew are believed once most of them agree`()
    async throws
  {
    try await withFakeSentinels { sentinels, router in
      sentinels.views = [(9, 1), (9, 1), (9, 1)]
      try await untilServed(by: 1, sentinels, router)
      // Two answer, and do not name the same server.
      sentinels.sentinels[2].close()
      sentinels.views = [(0, 0), (1, 1), (9, 1)]
      try await afterLooks(3, sentinels, router)
      #expect(try await server(router) == 1)
      sentinels.views[1] = (0, 0)
      try await untilServed(by: 0, sentinels, router)
      // From then on their own failovers count.
      sentinels.views[1] = (1, 1)
      try await untilServed(by: 1, sentinels, router)
    }
  }

  /// The number of the server that keys lead to.
  private func server(_ router: RedisRouter) async throws -> Int? {
    try await router.client(for: "key").send(RedisCommand("GET", "key")).integer
  }

  private func untilServed(
    by number: Int, _ sentinels: FakeSentinels, _ router: RedisRouter
  ) async throws {
    try await eventually("server \(number) serves") {
      sentinels.publish(by: 0)
      // A call that was on a connection which broke is the caller's to repeat.
      return (try? await server(router)) == number
    }
  }

  /// Returns once the sentinels were asked so often anew.
  private func afterLooks(
    _ count: Int, _ sentinels: FakeSentinels, _ router: RedisRouter
  ) async throws {
    // One more: the last may not have been taken yet.
    let enough = sentinels.looks(at: 0) + count + 1
    let isDone = await poll(on: router.loop) {
      sentinels.publish(by: 0)
      return sentinels.looks(at: 0) >= enough
    }
    #expect(isDone)
  }
}
