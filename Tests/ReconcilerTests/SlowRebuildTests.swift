import Domain
import HotPath
import Ledger
import Postgres
import Redis
import TestSupport
import Testing

@testable import Reconciler

/// Rebuilds whose pages take longer than a cell is held after a sign of life.
@Suite struct SlowRebuildTests {
  /// Runs `body` while nobody can read coupons: the page of a rebuild that does waits for it.
  private func withoutCoupons(
    _ bench: SaleBench, _ body: @escaping () async throws -> Void
  ) async throws {
    try await bench.pool.transaction { transaction in
      _ = try await transaction.query(
        Statement(unprepared: "lock table spillway.coupons in access exclusive mode"))
      try await body()
    }
  }

  private func wipe(_ bench: SaleBench) async throws {
    let keys = try await bench.redis.send(
      RedisCommand("KEYS", String(decoding: bench.keys.all, as: UTF8.self) + "*"))
    for key in keys.array ?? [] { _ = try await bench.redis.send(RedisCommand("DEL", key.text!)) }
  }

  private func untilRebuilding(_ bench: SaleBench) async throws {
    try await eventually("the rebuild has begun") {
      try await bench.record().closedBecause == "being rebuilt from the ledger"
    }
  }

  private func count(_ text: String, _ bench: SaleBench) -> Int {
    bench.log.lines.count { $0.contains(text) }
  }

  @Test func `a page that outlasts the hold does not cost the cell`() async throws {
    // Longer than a machine stands still, and less than the page may take.
    var limits = ReconcilerLimits()
    limits.hold = .seconds(5)
    try await SaleBench.run(limits: limits) { bench in
      let first = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1_000)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (0..<100).map { "user\($0)" }, keyed: true)
      try await bench.untilDrained()
      bench.startDaemon()
      try await withoutCoupons(bench) {
        try await wipe(bench)
        try await untilRebuilding(bench)
        let began = try await bench.heldUntil()
        try await eventually("the hold was prolonged past its end") {
          try await bench.heldUntil() > began + bench.configuration.limits.hold
        }
      }
      try await bench.untilClaimable(campaign)
      #expect(try await bench.record().reconciler == first.name)
      #expect(count("took a cell", bench) == 1)
      // Once when the cell was new, once after the wipe.
      #expect(count("rebuilt a cell", bench) == 2)
      #expect(try await bench.disagreement(campaign) == nil)
    }
  }

  @Test
  func `a rebuild whose reconciler stands still is done by another, and the first writes no more`()
    async throws
  {
    try await SaleBench.run { bench in
      let first = try await bench.startForeignDaemon()
      let campaign = try await bench.createCampaign(quantity: 1_000)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (0..<100).map { "user\($0)" }, keyed: true)
      try await bench.untilDrained()
      var other: ReconcilerDaemon?
      try await withoutCoupons(bench) {
        try await wipe(bench)
        try await untilRebuilding(bench)
        #expect(try await bench.record().reconciler == first.name)
        first.freeze()
        // So that neither takes it from the other when the machine stands still: one comes only now, and
        // then keeps it.
        let second = bench.startDaemon(hold: .seconds(60))
        try await eventually("the cell is held by the other") {
          try await bench.record().reconciler == second.name
        }
        other = second
      }
      let second = try #require(other)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, (100..<200).map { "user\($0)" })
      try await bench.untilDrained()
      let epoch = try await bench.record().epoch
      first.unfreeze()
      try await eventually("the first knows") {
        count("a cell is held by somebody else now", bench) == 1
      }
      #expect(try await bench.record().epoch == epoch)
      #expect(try await bench.record().reconciler == second.name)
      #expect(try await bench.disagreement(campaign) == nil)
      try await first.stop()
    }
  }

  @Test func `who has lost a cell in the middle of a rebuild is stopped before the next write`()
    async throws
  {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 1_000)
      try await bench.untilClaimable(campaign)
      try await bench.surelyClaim(campaign, ["ann"])
      try await bench.untilDrained()
      await bench.stop(daemon)
      let held = try await bench.hold(as: "first")
      let closing = try await held.close()
      await #expect(throws: ReconcilerError.lost) {
        try await held.keepingHold { () async throws(ReconcilerError) in
          do {
            _ = try await bench.store.seize(bench.cell, as: "second", hold: ReconcilerLimits().hold)
            try await eventually("the loss is noticed") { held.isLost }
          } catch {
            Issue.record(error)
          }
          _ = try await held.rebuild(closing)
        }
      }
      // Nobody else has closed the cell since, so it is not the nonce that kept it from writing.
      #expect(
        try await bench.redis.send(RedisCommand("GET", bench.keys.rebuild)).text == closing.nonce)
      #expect(
        try await bench.redis.send(RedisCommand("HGET", bench.keys.holders(campaign.id), "ann"))
          .text
          != nil)
    }
  }
}
