import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CampaignMigrationTests {
  @Test func `a cell is told anew of campaigns whose coupons expire before they close`()
    async throws
  {
    try await withLedger(before: "campaigns_end_with_their_coupons") { pool in
      for text in Self.before { _ = try await pool.query(Statement(unprepared: text)) }
      _ = try await Migrator().run(on: pool)
      let told = try await pool.query(
        """
        select c.name, c.version from spillway.cell_commands k
          join spillway.campaigns c on c.campaign_id = k.subject and c.cell = k.cell
         where k.kind = 'campaign.put' and k.applied_at is null
        """)
      #expect(try told.map { try $0.decode("name", as: String.self) } == ["short"])
      #expect(try told.map { try $0.decode("version", as: Int.self) } == [2])
    }
  }

  private static let before = [
    "insert into spillway.tenants (tenant_id, name) values ('demo', 'Demo')",
    "insert into spillway.cells (cell, tenant_id) values ('demo.kr', 'demo')",
    campaign(1, "short", "now() + interval '1 hour'"),
    campaign(2, "long", "now() + interval '3 hours'"),
    campaign(3, "endless", "null"),
  ]

  private static func campaign(_ number: Int, _ name: String, _ expires: String) -> String {
    """
    insert into spillway.campaigns (cell, tenant_id, campaign_id, name, quantity, per_user_limit,
      opens_at, closes_at, expires_at, acknowledge, created_by, discount, eligibility)
    values ('demo.kr', 'demo', '0195d2e0-0000-7000-8000-00000000000\(number)', '\(name)', 9, 1, now(),
      now() + interval '2 hours', \(expires), 'hot', 'ann', '{}', '{}')
    """
  }
}
