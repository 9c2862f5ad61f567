import Domain
import Embedded
import Foundation
import HotPath
import Ledger
import Redis
import Services
import TestSupport
import Testing

@testable import Reconciler

/// What happens to Redis and Postgres while claims go on; each test has servers of its own.
@Suite(.serialized) struct FaultTests {
  @Test func `a wiped Redis is rebuilt and open within five seconds, none over the quantity`()
    async throws
  {
    let database = try await SharedServers.database()
    try await withRedis { server in
      try await SaleBench.run(redis: server.url, database: database) { bench in
        bench.startDaemon()
        let campaign = try await bench.createCampaign(quantity: 500)
        try await bench.untilClaimable(campaign)
        for batch in 0..<5 {
          try await bench.surelyClaim(campaign, (0..<40).map { "a\(batch)-\($0)" })
        }
        try await bench.untilDrained()
        let before = try await bench.ledgerGrants(campaign)
        #expect(before.count == 200)
        try await bench.surelyClaim(campaign, (0..<40).map { "lost\($0)" })
        let stopwatch = Stopwatch()
        _ = try await bench.redis.send(RedisCommand("FLUSHALL"))
        #expect(try await bench.claim(campaign, ["nobody"]) == nil)
        try await bench.untilClaimable(campaign)
        #expect(stopwatch.elapsed < .seconds(5))
        #expect(try await bench.record().epoch == 2)
        for batch in 0..<20 {
          try await bench.surelyClaim(campaign, (0..<40).map { "b\(batch)-\($0)" })
        }
        try await bench.untilDrained()
        let after = try await bench.ledgerGrants(campaign)
        #expect(after.isSuperset(of: before))
        #expect(after.count == 500)
        #expect(try await bench.disagreement(campaign) == nil)
        #expect(try await Audit(redis: bench.router, pool: bench.pool).run().breaches == [])
      }
    }
  }

  @Test func `a restarted Redis that kept its data is vouched for as it is`() async throws {
    let database = try await SharedServers.database()
    try await withRedis(.init(fsync: .always)) { server in
      try await SaleBench.run(redis: server.url, database: database) { bench in
        let daemon = bench.startDaemon()
        let campaign = try await bench.createCampaign(quantity: 500)
        try await bench.untilClaimable(campaign)
        try await bench.surelyClaim(campaign, (0..<100).map { "a\($0)" })
        try await bench.untilDrained()
        // Facts above the cursor must survive as well.
        await bench.stop(daemon)
        try await bench.surelyClaim(campaign, (0..<100).map { "b\($0)" })
        server.kill()
        await server.stop()
        try await server.start()
        bench.startDaemon()
        try await bench.untilClaimable(campaign)
        try await bench.untilDrained()
        #expect(bench.log.lines.contains { $0.contains(#""contents":"kept""#) })
        #expect(!bench.log.lines.contains { $0.contains("b a cell\"") })
        #expect(try await bench.ledgerGrants(campaign).count == 200)
        #expect(try await bench.disagreement(campaign) == nil)
        #expect(try await bench.record().epoch == 2)
      }
    }
  }

  @Test func `a Redis with older data than the ledger is rebuilt`() async throws {
    let database = try await SharedServers.database()
    let folder = TestFolder.make("older")
    defer { TestFolder.remove(folder) }
    let directory = "\(folder)/redis"
    let server = RedisServer(directory: directory, options: .init(fsync: .always))
    try await server.start()
    try await SaleBench.run(redis: server.url, database: database) { bench in
      bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 500)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (0..<50).map { "a\($0)" })
      try await bench.untilDrained()
      await server.stop()
      _ = try await run("/bin/cp", ["-a", directory, "\(folder)/backup"])
      try await server.start()
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (0..<50).map { "b\($0)" })
      try await bench.untilDrained()
      await server.stop()
      _ = try await run(
        "/bin/sh",
        ["-c", "rm -r \(directory)/data && cp -a \(folder)/backup/data \(directory)/data"])
      try await server.start()
      try await eventually("the cell is vouched for anew") {
        guard try await bench.lease() != nil else { return false }
        return try await bench.record().epoch == 3
      }
      #expect(bench.log.lines.contains { $0.contains("rebuilt a cell") })
      #expect(try await bench.surelyClaim(campaign, ["a7", "b7", "c7"]).map(\.user) == ["c7"])
      try await bench.untilDrained()
      #expect(try await bench.ledgerGrants(campaign).count == 101)
      #expect(try await bench.disagreement(campaign) == nil)
      #expect(try await Audit(redis: bench.router, pool: bench.pool).run().breaches == [])
      // The window ends where Redis was behind.
      let trimmed = try await bench.redis.send(RedisCommand("GET", bench.keys.trimmed)).text
      #expect(trimmed != nil)
    }
    await server.stop()
  }

  @Test func `facts wait in the stream while Postgres is away`() async throws {
    var options = PostgresServer.Options()
    options.sharedBuffers = 32
    try await withPostgres(options) { postgres in
      let redis = try await SharedServers.redis().url
      try await SaleBench.run(redis: redis, database: postgres.url) { bench in
        bench.startDaemon()
        let campaign = try await bench.createCampaign(quantity: 1000)
        try await bench.untilClaimable(campaign)
        try await bench.surelyClaim(campaign, (0..<100).map { "a\($0)" })
        postgres.kill(signal: 3)
        for batch in 0..<10 {
          try await bench.surelyClaim(campaign, (0..<20).map { "b\(batch)-\($0)" })
        }
        await postgres.stop()
        try await postgres.start()
        try await eventually(within: .seconds(20), "the ledger has caught up") {
          (try? await bench.ledgerGrants(campaign).count) == 300
        }
        try await bench.untilDrained()
        #expect(try await bench.disagreement(campaign) == nil)
        // The cell stayed open all the time.
        #expect(try await bench.record().epoch == 1)
      }
    }
  }
}
