import Domain
import HotPath
import Ledger
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import Reconciler

@Suite struct RebuildTests {
  /// All of a campaign's state in Redis, in a form that can be compared.
  private func state(_ campaign: Campaign, _ bench: SaleBench) async throws -> [String: String] {
    var state: [String: String] = [:]
    for key in [bench.keys.campaign(campaign.id), bench.keys.holders(campaign.id)] {
      let fields = try await bench.redis.send(RedisCommand("HGETALL", key)).array ?? []
      for index in stride(from: 0, to: fields.count, by: 2) {
        state["\(key.count) \(fields[index].text!)"] = fields[index + 1].text!
      }
    }
    let pattern = String(decoding: bench.keys.idempotency(digest: "*"), as: UTF8.self)
    for name in try await bench.redis.send(RedisCommand("KEYS", pattern)).array ?? [] {
      state[name.text!] = try await bench.redis.send(RedisCommand("GET", name.text!)).text
    }
    return state
  }

  @Test func `a rebuild on demand loads exactly what claims had made`() async throws {
    var limits = ReconcilerLimits()
    limits.couponsPerPage = 7
    limits.loadChunk = 3
    limits.campaignsPerPage = 1
    try await SaleBench.run(limits: limits) { bench in
      bench.startDaemon()
      let plain = try await bench.createCampaign(quantity: 100)
      let generous = try await bench.createCampaign(
        quantity: 100, perUserLimit: 3,
        ratePolicy: RatePolicy(limit: 10, windowMilliseconds: 1000, burst: 5, scope: .user))
      try await bench.untilClaimable(plain)
      try await bench.untilClaimable(generous)
      try await bench.surelyClaim(plain, (0..<40).map { "user\($0)" })
      try await bench.surelyClaim(plain, (40..<60).map { "user\($0)" }, keyed: true)
      for round in 1...3 {
        try await bench.surelyClaim(generous, (0..<(12 * round)).map { "user\($0)" })
      }
      try await bench.untilDrained()
      let before = [try await state(plain, bench), try await state(generous, bench)]
      #expect(before[0].count > 80)
      let rebuild = CellRebuild(
        redis: bench.router, pool: bench.pool, limits: bench.configuration.limits,
        logger: Logger(label: "test", sink: .none))
      let report = try #require(try await rebuild.run(bench.cell))
      #expect(report.campaigns == 2 && report.holders == 96 && report.records == 20)
      #expect(report.taken == 0 && report.leftBehind == nil)
      #expect([try await state(plain, bench), try await state(generous, bench)] == before)
      // The reconciler goes on where the rebuild left off.
      try await bench.surelyClaim(plain, ["late"])
      try await bench.untilDrained()
      #expect(try await bench.disagreement(plain) == nil)
      let breaches = try await Audit(redis: bench.router, pool: bench.pool).run().breaches
      #expect(breaches == [])
    }
  }

  @Test func `a rebuild loads the marks of coupons that were taken back`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100, perUserLimit: 3)
      try await bench.untilClaimable(campaign)
      for _ in 0..<2 { try await bench.surelyClaim(campaign, ["ann", "ben"]) }
      try await bench.surelyClaim(campaign, ["ann", "cat"], keyed: true)
      try await bench.untilDrained()
      for target in [CouponStore.Recall.Target.user(UserID("ann")!), .sequence(2), .sequence(6)] {
        try await bench.recall(campaign, target)
      }
      try await eventually("the cell knows") {
        try await state(campaign, bench).values.joined().count { $0 == "!" } == 7
      }
      try await bench.untilDrained()
      let before = try await state(campaign, bench)
      let rebuild = CellRebuild(
        redis: bench.router, pool: bench.pool, logger: Logger(label: "test", sink: .none))
      _ = try #require(try await rebuild.run(bench.cell))
      #expect(try await state(campaign, bench) == before)
      let breaches = try await Audit(redis: bench.router, pool: bench.pool).run().breaches
      #expect(breaches == [])
    }
  }

  @Test func `a holder whose first coupon the ledger lacks is loaded with those that it has`()
    async throws
  {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100, perUserLimit: 3)
      try await bench.untilClaimable(campaign)
      for _ in 0..<3 { try await bench.surelyClaim(campaign, ["ann", "ben"]) }
      try await bench.surelyClaim(campaign, ["cat"])
      try await bench.untilDrained()
      await bench.stop(daemon)
      let holders = bench.keys.holders(campaign.id)
      let before = try await bench.redis.send(RedisCommand("HGET", holders, "ann")).text
      // As if the entry had been left behind that had it.
      _ = try await bench.pool.query("delete from spillway.coupons where sequence = 1")
      let report = try #require(
        try await CellRebuild(
          redis: bench.router, pool: bench.pool, logger: Logger(label: "test", sink: .none)
        ).run(bench.cell))
      #expect(report.holders == 3)
      let after = try await bench.redis.send(RedisCommand("HGET", holders, "ann")).text
      #expect(after == before?.split(separator: ",").dropFirst().joined(separator: ","))
      #expect(
        try await bench.redis.send(
          RedisCommand("HGET", bench.keys.campaign(campaign.id), "issued")
        ).integer == 7)
    }
  }

  @Test func `facts that are still in the stream are kept by a rebuild`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100)
      try await bench.untilClaimable(campaign)
      await bench.stop(daemon)
      try await bench.surelyClaim(campaign, (0..<50).map { "user\($0)" })
      let rebuild = CellRebuild(
        redis: bench.router, pool: bench.pool, logger: Logger(label: "test"))
      let report = try #require(try await rebuild.run(bench.cell))
      #expect(report.taken == 50 && report.holders == 50)
      #expect(try await bench.disagreement(campaign) == nil)
      #expect(try await rebuild.run(CellName("no.such.cell")!) == nil)
    }
  }

  @Test func `a rebuild that broke off is seen and done again`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (0..<50).map { "user\($0)" })
      try await bench.untilDrained()
      await bench.stop(daemon)
      // What a rebuild does first, and then its process dies.
      _ = try await bench.redis.evaluate(
        ScriptCatalog.closeCell.script,
        keys: [
          bench.keys.lease, bench.keys.rebuild, bench.keys.stream, bench.keys.complete,
          bench.keys.trimmed,
        ], arguments: ["dead"])
      let cleared = try await bench.redis.evaluate(
        ScriptCatalog.clearCell.script,
        keys: [bench.keys.rebuild, bench.keys.complete, bench.keys.holders(campaign.id)],
        arguments: ["dead"])
      #expect(cleared.integer == 1)
      bench.startDaemon()
      try await bench.untilClaimable(campaign)
      #expect(try await bench.surelyClaim(campaign, ["user7", "new"]).map(\.user) == ["new"])
      try await bench.untilDrained()
      #expect(try await bench.disagreement(campaign) == nil)
      // The dead one's writes no longer count.
      let late = try await bench.redis.evaluate(
        ScriptCatalog.loadHash.script,
        keys: [bench.keys.rebuild, bench.keys.holders(campaign.id)],
        arguments: ["dead", "ghost", "1:1"])
      #expect(late.integer == 0)
    }
  }

  @Test func `what Redis remembers of facts that are lost is forgotten`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 100)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, ["ann"], keyed: true)
      try await bench.untilDrained()
      await bench.stop(daemon)
      try await bench.surelyClaim(campaign, ["ben"], keyed: true)
      _ = try await bench.redis.send(RedisCommand("DEL", bench.keys.stream, bench.keys.lease))
      bench.startDaemon()
      try await eventually("the cell is open again") { try await bench.record().epoch == 2 }
      // Else a retry would be told of a coupon that nobody has.
      let again = try await bench.surelyClaim(campaign, ["ann", "ben"], keyed: true)
      #expect(again.map(\.user) == ["ben"])
      try await bench.untilDrained()
      #expect(try await bench.disagreement(campaign) == nil)
      let breaches = try await Audit(redis: bench.router, pool: bench.pool).run().breaches
      #expect(breaches == [])
    }
  }

  @Test func `a new holder of a cell trims down to the window what others left`() async throws {
    var limits = ReconcilerLimits()
    limits.windowEntries = 10
    limits.trimInterval = .milliseconds(50)
    try await SaleBench.run(limits: limits) { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1000)
      try await bench.untilClaimable(campaign)
      await bench.stop(daemon)
      for user in 0..<40 { try await bench.surelyClaim(campaign, ["user\(user)"]) }
      bench.startDaemon()
      try await eventually("the window alone is left") {
        try await bench.redis.send(RedisCommand("XLEN", bench.keys.stream)).integer == 10
      }
      try await bench.untilDrained()
      #expect(try await bench.ledgerGrants(campaign).count == 40)
      #expect(try await bench.record().closedBecause == nil)
      let breaches = try await Audit(redis: bench.router, pool: bench.pool).run().breaches
      #expect(breaches == [])
    }
  }

  @Test func `entries below the window go, and the ledger's backup must reach it`() async throws {
    var limits = ReconcilerLimits()
    limits.windowEntries = 10
    limits.trimInterval = .milliseconds(50)
    limits.haltedInterval = .milliseconds(200)
    try await SaleBench.run(limits: limits) { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1000)
      try await bench.untilClaimable(campaign)
      let backup = try await bench.record().cursor
      var users = 0
      try await eventually("the stream is trimmed") {
        users += 1
        try await bench.surelyClaim(campaign, ["user\(users)"])
        return try await bench.redis.send(RedisCommand("GET", bench.keys.trimmed)).text != nil
      }
      try await bench.untilDrained()
      #expect(try await bench.disagreement(campaign) == nil)
      // Postgres is restored from before the window.
      await bench.stop(daemon)
      _ = try await bench.pool.query(
        "update spillway.cells set cursor_milliseconds = $1, cursor_sequence = $2",
        [.int8(Int64(backup.milliseconds)), .int8(Int64(backup.sequence))])
      _ = try await bench.pool.query("delete from spillway.coupons where sequence > 2")
      _ = try await bench.pool.query("update spillway.campaigns set issued = 2")
      bench.startDaemon()
      try await eventually("the cell is halted") { try await bench.record().isHalted }
      #expect(try await bench.record().closedBecause?.contains("are gone") == true)
      #expect(try await bench.lease() == nil)
    }
  }

  @Test func `a ledger restored from inside the window catches up by replay`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1000)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (0..<20).map { "user\($0)" })
      try await bench.untilDrained()
      let backup = try await bench.record().cursor
      try await bench.surelyClaim(campaign, (20..<60).map { "user\($0)" })
      try await bench.untilDrained()
      await bench.stop(daemon)
      _ = try await bench.pool.query(
        "update spillway.cells set cursor_milliseconds = $1, cursor_sequence = $2, epoch = 0",
        [.int8(Int64(backup.milliseconds)), .int8(Int64(backup.sequence))])
      // Some rows survived: replaying them changes nothing.
      _ = try await bench.pool.query("delete from spillway.coupons where sequence > 30")
      _ = try await bench.pool.query("update spillway.campaigns set issued = 30")
      bench.startDaemon()
      try await bench.untilDrained()
      #expect(try await bench.ledgerGrants(campaign).count == 60)
      #expect(try await bench.disagreement(campaign) == nil)
      #expect(try await bench.record().epoch > 1)
      let breaches = try await Audit(redis: bench.router, pool: bench.pool).run().breaches
      #expect(breaches == [])
    }
  }
}
