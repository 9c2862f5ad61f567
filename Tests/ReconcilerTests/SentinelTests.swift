import Foundation
import HotPath
import Ledger
import Redis
import Services
import TestSupport
import Testing

@testable import Reconciler

@Suite struct SentinelTests {
  @Test func `a master that freezes is replaced, and what it does when it wakes counts not`()
    async throws
  {
    let database = try await SharedServers.database()
    try await withRedisSentinels { nodes in
      try await SaleBench.run(redis: nodes.url, database: database) { bench in
        bench.startDaemon()
        let campaign = try await bench.createCampaign(quantity: 300)
        try await bench.untilClaimable(campaign)
        try await bench.surelyClaim(campaign, (0..<50).map { "a\($0)" })
        try await bench.untilDrained()
        let before = try await bench.ledgerGrants(campaign)
        let old = try #require(bench.redis.runID)
        let crowd = Crowd(bench, campaign)
        crowd.start()
        try await eventually("claims are decided") { crowd.granted.count > 5 }

        // Claims lie in its sockets when it wakes up as the master that it believes to be.
        nodes.servers[0].server.kill(signal: SIGSTOP)
        try await eventually(within: .seconds(40), "the replica serves") {
          guard let runID = bench.redis.runID, runID != old else { return false }
          return try await bench.lease() != nil
        }
        nodes.servers[0].server.kill(signal: SIGCONT)
        #expect(bench.redis.runID == (try await nodes.servers[1].runID()))
        try await eventually(within: .seconds(30), "all are sold") {
          try await bench.redis.send(
            RedisCommand("HGET", bench.keys.campaign(campaign.id), "issued")
          ).integer == 300
        }
        await crowd.stop()
        try await bench.untilDrained(within: .seconds(20))
        let after = try await bench.ledgerGrants(campaign)
        #expect(after.count == 300)
        #expect(after.isSuperset(of: before))
        #expect(try await bench.disagreement(campaign) == nil)
        #expect(try await bench.record().epoch == 2)
        #expect(try await Audit(redis: bench.router, pool: bench.pool).run().breaches == [])
      }
    }
  }

  @Test func `orders, claims under a rate policy and a room go on behind the next master`()
    async throws
  {
    let database = try await SharedServers.database()
    try await withRedisSentinels { nodes in
      try await SaleBench.run(redis: nodes.url, database: database) { bench in
        bench.startDaemon()
        let scene = try await HotScene.make(bench)
        defer { scene.close() }
        try await scene.play()
        let (old, epoch) = (bench.redis.runID, try await bench.record().epoch)
        try await nodes.servers[0].untilCopied(by: nodes.servers[1])

        nodes.servers[0].server.kill(signal: SIGSTOP)
        try await eventually(within: .seconds(60), "the replica serves") {
          guard let runID = bench.redis.runID, runID != old else { return false }
          return try await bench.lease() != nil
        }
        nodes.servers[0].server.kill(signal: SIGCONT)
        try await scene.untilOpen()
        try await scene.goOn()
        #expect(try await bench.record().epoch > epoch)
        #expect(bench.redis.runID == (try await nodes.servers[1].runID()))
      }
    }
  }
}
