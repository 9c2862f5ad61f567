import Domain
import HotPath
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct TermsTests {
  @Test func `terms that a server has lost are put again when its contents are kept`() async throws
  {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, ["ann"])
      var raised = campaign
      raised.terms.quantity = 3
      let record = try await bench.campaigns.update(raised, expected: 1)
      raised = try #require(record).campaign
      try await bench.untilClaimable(raised)
      let second = try await bench.createCampaign(quantity: 5)
      try await bench.untilClaimable(second)
      try await bench.untilDrained()
      // As a replica that had copied all facts, but none of the commands after them.
      let hash = bench.keys.campaign(campaign.id)
      _ = try await bench.redis.send(RedisCommand("HSET", hash, "version", 1, "quantity", 1))
      _ = try await bench.redis.send(RedisCommand("DEL", bench.keys.campaign(second.id)))
      _ = try await bench.redis.send(RedisCommand("SET", bench.keys.lease, "1:another"))
      try await eventually("the cell is opened anew") {
        guard try await bench.lease() != nil else { return false }
        return try await bench.record().epoch == 2
      }
      #expect(bench.log.lines.contains { $0.contains(#""contents":"kept""#) })
      #expect(try await bench.surelyClaim(raised, ["ben"]).map(\.sequence) == [2])
      #expect(try await bench.surelyClaim(second, ["ben"]).map(\.sequence) == [1])
    }
  }
}
