import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CouponRecallStoreTests {
  private let mia = UserID("mia")!

  private func recall(
    _ bench: LedgerBench, _ target: CouponStore.Recall.Target, tenant: TenantID? = nil,
    reason: String = "leaked"
  ) async throws {
    try await CouponStore(pool: bench.pool).recall(
      CouponStore.Recall(
        id: Identifier(high: .random(in: 1 ... .max), low: .random(in: 1 ... .max)),
        campaign: bench.campaign.id, tenant: tenant ?? bench.campaign.tenant, target: target,
        actor: mia, reason: reason))
  }

  private func statuses(_ bench: LedgerBench) async throws -> [CouponStatus] {
    try await CouponStore(pool: bench.pool).list(
      campaign: bench.campaign.id, of: bench.campaign.tenant, after: 0, limit: 10
    ).map(\.status)
  }

  private func issue(_ bench: LedgerBench) async throws {
    _ = try await bench.store.acquire(as: "one", hold: .seconds(60), limit: 10)
    _ = try await bench.apply(
      bench.facts([.init(sequence: 1, user: "ann"), .init(sequence: 2, user: "ben")]), from: 0,
      to: 5)
  }

  @Test func `a recall of a campaign that waited for it tells when it had it`() async throws {
    try await LedgerBench.run { bench in
      let id = PostgresValue.uuid(bench.campaign.id.uuid)
      var recall: Task<Void, Never>?
      let free = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          Statement(
            unprepared: "select from spillway.campaigns where campaign_id = $1 for share"), [id])
        recall = bench.pool.loop.spawn {
          // On a busy machine it may wait for longer than a statement may: then it waits anew.
          for _ in 0..<10 {
            let rows = try? await bench.pool.query(
              "select spillway.recall_campaign($1, $2, 'mia', 'leaked')",
              [.text(bench.campaign.tenant.description), id])
            if rows != nil { return }
          }
        }
        try await eventually("the recall waits") {
          try await bench.pool.query(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
          ).count > 0
        }
        return try await bench.pool.query("select clock_timestamp()::text")[0]
          .decode(0, as: String.self)
      }
      await recall?.value
      let later = try await bench.pool.query(
        "select 1 from spillway.campaigns where recalled_at >= date_trunc('milliseconds', $1::timestamptz)",
        [.text(free)])
      #expect(later.count == 1)
    }
  }

  @Test func `a recall is written down once, with its command and its event`() async throws {
    try await LedgerBench.run { bench in
      try await issue(bench)
      let count = Statement(
        unprepared: """
          select (select count(*) from spillway.coupon_recalls),
            (select count(*) from spillway.cell_commands where kind = 'coupon.recall'),
            (select count(*) from spillway.outbox_events where kind = 'coupon.recalled')
          """)
      for _ in 0..<2 {
        try await recall(bench, .sequence(1))
        try await recall(bench, .user(UserID("ann")!))
        let row = try await bench.pool.query(count)[0]
        #expect(try (0..<3).map { try row.decode($0, as: Int.self) } == [1, 1, 1])
      }
      #expect(try await statuses(bench) == [.recalled, .issued])
      let written = try await bench.pool.query(
        "select actor, reason, user_id from spillway.coupon_recalls")[0]
      #expect(
        try [written.decode(0, as: String.self), written.decode(1), written.decode(2)] == [
          "mia", "leaked", "ann",
        ])
      await #expect(throws: PostgresError.self) {
        _ = try await bench.pool.query("delete from spillway.coupon_recalls")
      }
      #expect(try await LedgerAudit(pool: bench.pool).recallFaults().allSatisfy { $0.count == 0 })
    }
  }

  @Test func `nobody else's coupon is touched, and nothing that is not there`() async throws {
    try await LedgerBench.run { bench in
      try await issue(bench)
      try await recall(bench, .sequence(1), tenant: TenantID("stranger")!)
      try await recall(bench, .user(UserID("ann")!), tenant: TenantID("stranger")!)
      try await recall(bench, .sequence(3))
      try await recall(bench, .user(UserID("eve")!))
      #expect(try await statuses(bench) == [.issued, .issued])
      let rows = try await bench.pool.query("select count(*) from spillway.coupon_recalls")
      #expect(try rows[0].decode(0, as: Int.self) == 0)
    }
  }

  @Test func `a cell is told of the keys that still count, and of no older ones`() async throws {
    try await LedgerBench.run { bench in
      _ = try await bench.store.acquire(as: "one", hold: .seconds(60), limit: 10)
      let clock = try await bench.pool.query(
        "select (extract(epoch from clock_timestamp()) * 1000)::bigint")
      let now = Int64(try clock[0].decode(0, as: Int.self))
      let longAgo = now - 25 * 3_600_000
      _ = try await bench.apply(
        bench.facts([
          .init(sequence: 1, user: "ann", milliseconds: longAgo, digest: "old"),
          .init(sequence: 2, user: "ann", ordinal: 2, milliseconds: now, digest: "fresh"),
          .init(sequence: 3, user: "ben", milliseconds: longAgo, digest: "older"),
        ]), from: 0, to: 5)
      for user in ["ann", "ben"] { try await recall(bench, .user(UserID(user)!)) }
      let rows = try await bench.pool.query("select recall_id from spillway.coupon_recalls")
      let ids = try rows.map { Identifier(try $0.decode(0, as: PostgresUUID.self)) }
      let taken = try await CellContents(pool: bench.pool).recalls(ids, of: bench.cell)
        .sorted { $0.user < $1.user }
      #expect(taken.map(\.sequences) == [[1, 2], [3]])
      #expect(taken.map(\.digests) == [["fresh"], []])
    }
  }

  @Test
  func `recalls of a coupon, of its user, of its campaign and its use at once leave one truth`()
    async throws
  {
    try await LedgerBench.run { bench in
      try await issue(bench)
      let use = Statement(
        unprepared: """
          update spillway.coupons set status = 'USED', used_at = now(),
              used_by_order = gen_random_uuid() where sequence = 1 and status = 'ISSUED'
          """)
      let tenant = bench.campaign.tenant
      var bodies: [() async throws -> Void] = []
      for _ in 0..<4 {
        bodies.append { try await recall(bench, .sequence(1)) }
        bodies.append { try await recall(bench, .user(UserID("ann")!)) }
        bodies.append { _ = try await bench.pool.query(use) }
      }
      bodies.append {
        _ = try await CampaignStore(pool: bench.pool).recall(
          bench.campaign.id, of: tenant, by: mia, reason: "leaked")
      }
      var failures: [String] = []
      let tasks = bodies.map { body in
        bench.pool.loop.spawn {
          do { try await body() } catch { failures.append("\(error)") }
        }
      }
      for task in tasks { await task.value }
      #expect(failures == [])
      let after = try await statuses(bench)
      #expect(after[0] != .issued && after[1] == .recalled)
      let audit = LedgerAudit(pool: bench.pool)
      #expect(try await audit.recallFaults().allSatisfy { $0.count == 0 })
      #expect(try await audit.usedOfRecalledCampaigns() == 0)
    }
  }
}
