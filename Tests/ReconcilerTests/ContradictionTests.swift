import Domain
import HotPath
import Ledger
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import Reconciler

@Suite struct ContradictionTests {
  @Test func `a fact that contradicts the ledger closes its cell until it is resolved`()
    async throws
  {
    var limits = ReconcilerLimits()
    limits.haltedInterval = .milliseconds(200)
    try await SaleBench.run(limits: limits) { bench in
      bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1000)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, ["ann"])
      try await bench.untilDrained()
      _ = try await bench.pool.query(
        """
        insert into spillway.coupons (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id,
          issued_at) select tenant_id, campaign_id, 2, 'eve', 1, gen_random_uuid(), now()
        from spillway.campaigns
        """)
      try await bench.surelyClaim(campaign, ["ben", "cat"])
      try await eventually("the cell is halted") { try await bench.record().isHalted }
      #expect(try await bench.record().closedBecause?.contains("contradicts the ledger") == true)
      try await eventually("the cell is closed") { try await bench.lease() == nil }
      let report = try await Audit(
        redis: bench.router, pool: bench.pool, patience: .milliseconds(100)
      ).run()
      #expect(!report.isClean)
      // None of the batch was taken, not even what did not contradict.
      #expect(try await bench.ledgerGrants(campaign).map(\.user).sorted() == ["ann", "eve"])
      _ = try await bench.pool.query("delete from spillway.coupons where user_id = 'eve'")
      try await bench.untilDrained()
      #expect(try await bench.ledgerGrants(campaign).count == 3)
      #expect(try await bench.disagreement(campaign) == nil)
      #expect(try await bench.record().isHalted == false)
    }
  }

  @Test func `a rebuild on demand leaves behind what contradicts the ledger, and only that`()
    async throws
  {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1000)
      try await bench.untilClaimable(campaign)
      await bench.stop(daemon)
      for user in ["ann", "ben", "cat"] { try await bench.surelyClaim(campaign, [user]) }
      for text in ["not a fact", "\(campaign.id) 9 1763678461123\ndan\neve 0"] {
        _ = try await bench.redis.send(
          RedisCommand("XADD", bench.keys.stream, "*", CouponIssuedFact.kind, text))
      }
      for user in 0..<20 { try await bench.surelyClaim(campaign, ["user\(user)"]) }
      try await bench.surelyClaim(campaign, ["key"], keyed: true)
      // Somebody else has ben's sequence.
      _ = try await bench.pool.query(
        """
        insert into spillway.coupons (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id,
          issued_at) select tenant_id, campaign_id, 2, 'eve', 1, gen_random_uuid(), now()
        from spillway.campaigns
        """)
      _ = try await bench.pool.query("update spillway.campaigns set issued = issued + 1")
      bench.startDaemon()
      try await eventually("the cell is halted") { try await bench.record().isHalted }
      let log = CapturedLog()
      let report = try #require(
        try await CellRebuild(
          redis: bench.router, pool: bench.pool,
          logger: Logger(label: "test", sink: .captured(by: log))
        ).run(bench.cell))
      #expect(report.leftBehind?.hasPrefix("3 entries") == true)
      #expect(log.lines.count { $0.contains("an entry was left behind") } == 3)
      #expect(try await bench.surelyClaim(campaign, ["key", "last"]).map(\.sequence) == [25])
      try await bench.untilDrained()
      #expect(try await bench.ledgerGrants(campaign).count == 25)
      #expect(try await bench.disagreement(campaign) == nil)
    }
  }

  @Test func `what comes before a malformed entry reaches the ledger`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1000)
      try await bench.untilClaimable(campaign)
      await bench.stop(daemon)
      try await bench.surelyClaim(campaign, ["ann", "ben"])
      _ = try await bench.redis.send(
        RedisCommand("XADD", bench.keys.stream, "*", CouponIssuedFact.kind, "not a fact"))
      bench.startDaemon()
      try await eventually("the cell is halted") { try await bench.record().isHalted }
      #expect(try await bench.record().closedBecause?.contains("malformed") == true)
      #expect(try await bench.ledgerGrants(campaign).count == 2)
    }
  }
}
