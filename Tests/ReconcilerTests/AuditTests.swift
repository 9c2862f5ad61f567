import Domain
import HotPath
import Ledger
import Redis
import Services
import TestSupport
import Testing

@testable import Reconciler

@Suite struct AuditTests {
  /// Claims, then `harm`, then the names of the invariants that an audit finds breached.
  private func breaches(
    after harm: @escaping @Sendable (SaleBench, Campaign) async throws -> Void
  ) async throws -> [String] {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 50, perUserLimit: 2)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (0..<30).map { "user\($0 % 20)" })
      try await bench.surelyClaim(campaign, ["key1", "key2"], keyed: true)
      try await bench.untilDrained()
      await bench.stop(daemon)
      let audit = Audit(redis: bench.router, pool: bench.pool, patience: .milliseconds(50))
      let clean = try await audit.run()
      #expect(clean.breaches == [])
      #expect(clean.table.hasSuffix("all hold"))
      try await harm(bench, campaign)
      return try await audit.run().breaches.map(\.name)
    }
  }

  @Test func `a missing coupon is found`() async throws {
    let found = try await breaches { bench, _ in
      _ = try await bench.pool.query("delete from spillway.coupons where sequence = 5")
    }
    #expect(
      found == [
        "the count of coupons is kept", "sequences are 1 to n, each once",
        "each user's coupons are numbered from 1",
        "Redis and the ledger know the same holders",
      ])
  }

  @Test func `a user's missing last coupon is found`() async throws {
    let found = try await breaches { bench, _ in
      _ = try await bench.pool.query("delete from spillway.coupons where sequence = 25")
    }
    #expect(
      found == [
        "the count of coupons is kept", "sequences are 1 to n, each once",
        "Redis and the ledger know the same holders",
      ])
  }

  @Test func `a holder that only Redis knows is found`() async throws {
    let found = try await breaches { bench, campaign in
      _ = try await bench.redis.send(
        RedisCommand("HSET", bench.keys.holders(campaign.id), "ghost", "99:1"))
    }
    #expect(found == ["Redis and the ledger know the same holders"])
  }

  @Test func `another count of issued coupons is found`() async throws {
    let found = try await breaches { bench, campaign in
      _ = try await bench.redis.send(
        RedisCommand("HINCRBY", bench.keys.campaign(campaign.id), "issued", 1))
    }
    #expect(found == ["Redis and the ledger have issued the same"])
  }

  @Test func `a lost idempotency record is found`() async throws {
    let found = try await breaches { bench, _ in
      _ = try await bench.redis.send(
        RedisCommand("DEL", bench.keys.idempotency(digest: "keykey1")))
    }
    #expect(found == ["Redis has the ledger's idempotency records"])
  }

  @Test(arguments: ["quantity", "limit", "opens", "closes", "version", "rate_limit"])
  func `terms that were changed in Redis are found`(field: String) async throws {
    let found = try await breaches { bench, campaign in
      _ = try await bench.redis.send(
        RedisCommand("HSET", bench.keys.campaign(campaign.id), field, "3"))
    }
    #expect(found == ["Redis has the ledger's terms"])
  }

  @Test func `an idempotency record without a coupon is found`() async throws {
    let found = try await breaches { bench, _ in
      _ = try await bench.redis.send(
        RedisCommand("SET", bench.keys.idempotency(digest: "planted"), "print 7:1763678461123"))
    }
    #expect(found == ["each idempotency record has its coupon"])
  }

  @Test func `an idempotency record of somebody else's coupon is found`() async throws {
    let found = try await breaches { bench, _ in
      let record = try await bench.redis.send(
        RedisCommand("GET", bench.keys.idempotency(digest: "keykey1"))
      ).text!
      _ = try await bench.redis.send(
        RedisCommand("SET", bench.keys.idempotency(digest: "planted"), record))
    }
    #expect(found == ["each idempotency record has its coupon"])
  }

  @Test func `a campaign and holders that only Redis knows are found`() async throws {
    let found = try await breaches { bench, _ in
      let stranger = Identifier(high: 1, low: 2)
      _ = try await bench.redis.send(
        RedisCommand("HSET", bench.keys.campaign(stranger), "quantity", "3"))
      _ = try await bench.redis.send(
        RedisCommand("HSET", bench.keys.holders(stranger), "ann", "1:1"))
    }
    #expect(found == ["the ledger has each campaign of Redis"])
  }

  @Test func `two coupons for one idempotency key are found`() async throws {
    let found = try await breaches { bench, _ in
      _ = try await bench.pool.query(
        "update spillway.coupons set idempotency_digest = 'keykey1' where user_id = 'key2'")
    }
    #expect(found.contains("an idempotency key counts once in 24 hours"))
  }

  @Test func `a coupon that was taken back and can be used, in the ledger or in Redis, is found`()
    async throws
  {
    let found = try await breaches { bench, campaign in
      for sequence in 1...2 { try await bench.recall(campaign, .sequence(sequence)) }
      // Of the other one the cell does not hear.
      _ = try await bench.pool.query(
        "update spillway.coupons set recall_id = null where sequence = 1")
    }
    #expect(
      found.contains("a recalled coupon was taken back by itself or with its campaign")
        && found.contains("a recall has just the coupons that it names")
        && found.contains("Redis and the ledger know the same holders"), "\(found)")
  }

  @Test func `a campaign in a cell of another tenant is found`() async throws {
    let found = try await breaches { bench, _ in
      try await TenantStore(pool: bench.pool).put(
        Tenant(id: TenantID("stranger")!, name: "Stranger", defaultMarket: "KR"), hosts: [])
      _ = try await bench.pool.query(
        "alter table spillway.campaigns drop constraint if exists campaigns_cell_of_tenant")
      _ = try await bench.pool.query("update spillway.cells set tenant_id = 'stranger'")
    }
    #expect(found == ["every campaign is in a cell of its tenant"])
  }

  @Test func `a wiped cell is found, and its campaigns are not compared`() async throws {
    let found = try await breaches { bench, _ in
      _ = try await bench.redis.send(RedisCommand("DEL", bench.keys.lease))
    }
    #expect(found == ["the ledger vouches for the lease"])
  }

  @Test func `facts that never arrive are found`() async throws {
    let found = try await breaches { bench, campaign in
      try await bench.surelyClaim(campaign, ["late"])
    }
    #expect(
      found == [
        "the ledger has reached the end of the stream",
        "Redis and the ledger have issued the same",
        "Redis and the ledger know the same holders",
      ])
  }

  @Test func `a command that nobody applies is found`() async throws {
    let found = try await breaches { bench, campaign in
      var campaign = campaign
      campaign.name = "Renamed"
      _ = try await bench.campaigns.update(campaign, expected: 1)
    }
    #expect(found == ["all commands are applied"])
  }

  @Test func `an audit waits for a cell that is being opened`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 10)
      try await bench.untilClaimable(campaign)
      try await bench.untilDrained()
      await bench.stop(daemon)
      let lease = try #require(
        try await bench.redis.send(RedisCommand("GET", bench.keys.lease)).text)
      // As if one that opens it had written to Redis, and not to the ledger yet.
      _ = try await bench.redis.send(RedisCommand("SET", bench.keys.lease, "\(lease)0"))
      let before = try await looks(bench)
      var report: AuditReport?
      let audit = bench.loop.spawn {
        report = try? await Audit(
          redis: bench.router, pool: bench.pool, patience: .seconds(60)
        ).run()
      }
      try await eventually("the audit has looked") { try await looks(bench) > before }
      _ = try await bench.redis.send(RedisCommand("SET", bench.keys.lease, lease))
      await audit.value
      #expect(report?.breaches == [])
    }
  }

  /// How often anybody looked at leases.
  private func looks(_ bench: SaleBench) async throws -> Int {
    let text = try await bench.redis.send(RedisCommand("INFO", "commandstats")).text ?? ""
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_mget:calls=") }
    return line.flatMap { Int($0.dropFirst(19).prefix { $0.isNumber }) } ?? 0
  }

  @Test func `an audit during a sale finds nothing wrong with a sound one`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100_000)
      try await bench.untilClaimable(campaign)
      var isDone = false
      let claims = bench.loop.spawn {
        var batch = 0
        while !isDone {
          batch += 1
          _ = try? await bench.claim(campaign, (0..<10).map { "user\(batch)-\($0)" })
        }
      }
      for _ in 0..<5 {
        let report = try await Audit(redis: bench.router, pool: bench.pool).run()
        #expect(report.breaches == [])
      }
      isDone = true
      await claims.value
    }
  }
}
