import Domain
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct ReconcilerTests {
  @Test func `an accepted claim reaches the ledger with all that the fact says`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100, perUserLimit: 2)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, ["ann", "ben", "ann", "ann"])
      try await bench.surelyClaim(campaign, ["cat"], keyed: true)
      try await bench.untilDrained()
      let rows = try await bench.pool.query(
        """
        select sequence, user_id, ordinal::bigint, coupon_id, issued_at, idempotency_digest,
          idempotency_fingerprint from spillway.coupons order by sequence
        """)
      #expect(try rows.map { try $0.decode(1, as: String.self) } == ["ann", "ben", "ann", "cat"])
      #expect(try rows.map { try $0.decode(2, as: Int.self) } == [1, 1, 2, 1])
      #expect(try rows[3].decode(5, as: String?.self) == "keycat")
      #expect(try rows[3].decode(6, as: String?.self) == "printcat")
      #expect(try rows[0].decode(5, as: String?.self) == nil)
      let held = try await bench.redis.send(
        RedisCommand("HGET", bench.keys.holders(campaign.id), "ben"))
      let issued = Int(held.text!.split(separator: ":")[1])!
      let record = try await CouponStore(pool: bench.pool).list(
        campaign: campaign.id, of: bench.tenant, after: 1, limit: 1)[0]
      #expect(record.issuedAt.milliseconds == Int64(issued))
      #expect(
        record.coupon
          == CouponIdentity.identifier(
            campaign: campaign.id, sequence: 2, issuedAt: record.issuedAt))
      #expect(try await bench.disagreement(campaign) == nil)
    }
  }

  @Test func `a change of a campaign reaches its open cell`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      var campaign = try await bench.createCampaign(quantity: 1)
      try await bench.untilClaimable(campaign)
      #expect(try await bench.surelyClaim(campaign, ["ann", "ben"]).count == 1)
      campaign.terms.quantity = 2
      let changed = try #require(
        try await bench.campaigns.update(campaign, expected: 1)
      ).campaign
      try await bench.untilClaimable(changed)
      #expect(try await bench.surelyClaim(changed, ["ben"]).map(\.sequence) == [2])
      try await eventually("all commands are applied") {
        let pending = try await bench.pool.query(
          "select count(*) from spillway.cell_commands where applied_at is null")
        return try pending[0].decode(0, as: Int.self) == 0
      }
    }
  }

  @Test func `nodes hear of each advance of the cursor and of the opening`() async throws {
    try await SaleBench.run { bench in
      let subscriber = RedisSubscriber(configuration: bench.redis.configuration, loop: bench.loop)
      var heard: [String] = []
      subscriber.subscribe(String(decoding: bench.keys.channel, as: UTF8.self)) {
        heard.append(String(decoding: $1, as: UTF8.self))
      }
      subscriber.start()
      let campaign = try await bench.createCampaign(quantity: 10)
      try await eventually("the subscription stands") {
        try await bench.redis.send(
          RedisCommand("PUBLISH", bench.keys.channel, "probe")
        ).integer == 1
      }
      bench.startDaemon()
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, ["ann"])
      try await bench.untilDrained()
      let cursor = StreamPosition(try await bench.record().cursor)
      try await eventually("the cursor is told") { heard.contains("cursor \(cursor) 1") }
      let lease = try #require(try await bench.lease())
      #expect(heard.contains("opened \(lease)"))
      let later = try await bench.createCampaign(quantity: 10)
      try await eventually("the campaign is told") { heard.contains("campaign \(later.id)") }
      subscriber.close()
    }
  }

  @Test func `two reconcilers bring each fact into the ledger once`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      bench.startDaemon()
      let foreign = try await bench.startForeignDaemon()
      let campaign = try await bench.createCampaign(quantity: 2_000)
      try await bench.untilClaimable(campaign)
      for batch in 0..<60 {
        try await bench.surelyClaim(campaign, (0..<40).map { "user\(batch)-\($0)" })
        // The holder changes all the time, without anybody giving the cell up.
        if batch % 6 == 5 {
          _ = try await bench.pool.query(
            "update spillway.cells set reconciler = null, reconciler_until = '-infinity'")
        }
      }
      try await bench.untilDrained()
      #expect(try await bench.ledgerGrants(campaign).count == 2_000)
      #expect(try await bench.disagreement(campaign) == nil)
      try await foreign.stop()
    }
  }

  @Test func `a reconciler that stops in order hands its cells over at once`() async throws {
    try await SaleBench.run { bench in
      let first = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 10)
      try await bench.untilClaimable(campaign)
      await bench.stop(first)
      #expect(try await bench.record().reconciler == nil)
      let epoch = try await bench.record().epoch
      let second = bench.startDaemon()
      try await eventually("the cell is taken") { second.heldCells[bench.cell] == true }
      // Nothing happened to Redis, so the lease is the old one.
      #expect(try await bench.record().epoch == epoch)
    }
  }
}
