import Domain
import HotPath
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct LoadTests {
  @Test func `the stream is trimmed while facts keep coming without a pause`() async throws {
    var limits = ReconcilerLimits()
    limits.windowEntries = 50
    limits.trimInterval = .milliseconds(20)
    // One entry a batch: there is always a next one.
    limits.entriesPerRead = 1...1
    try await SaleBench.run(limits: limits) { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100_000)
      try await bench.untilClaimable(campaign)
      await bench.stop(daemon)
      for batch in 0..<600 { try await bench.surelyClaim(campaign, ["user\(batch)"]) }
      bench.startDaemon()
      let newest = try await bench.redis.send(
        RedisCommand("XREVRANGE", bench.keys.stream, "+", "-", "COUNT", 1))
      let last = try #require(newest[0][0].text.flatMap { StreamPosition($0) })
      var wasTrimmedAt: StreamPosition?
      try await eventually("the stream is trimmed") {
        let trimmed = try await bench.redis.send(RedisCommand("GET", bench.keys.trimmed))
        guard !trimmed.isNull else { return false }
        wasTrimmedAt = StreamPosition(try await bench.record().cursor)
        return true
      }
      #expect(try #require(wasTrimmedAt) < last, "there was more to come")
      try await bench.untilDrained()
      #expect(try await bench.ledgerGrants(campaign).count == 600)
      #expect(try await bench.disagreement(campaign) == nil)
    }
  }

  @Test func `facts of many campaigns arrive side by side`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      var campaigns: [Campaign] = []
      for _ in 0..<5 { campaigns.append(try await bench.createCampaign(quantity: 1000)) }
      for campaign in campaigns { try await bench.untilClaimable(campaign) }
      for batch in 0..<40 {
        for campaign in campaigns {
          try await bench.surelyClaim(campaign, (0..<20).map { "user\(batch)-\($0)" })
        }
      }
      try await bench.untilDrained()
      for campaign in campaigns {
        #expect(try await bench.ledgerGrants(campaign).count == 800)
        #expect(try await bench.disagreement(campaign) == nil)
      }
    }
  }
}
