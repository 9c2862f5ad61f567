import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CampaignStoreTests {
  @Test func `a campaign of one tenant cannot be put into a cell of another`() async throws {
    try await LedgerBench.run { bench in
      let stranger = TenantID("stranger")!
      try await TenantStore(pool: bench.pool).put(
        Tenant(id: stranger, name: "Stranger", defaultMarket: "KR"), hosts: [])
      let campaign = Campaign(
        id: Identifier(high: 7, low: 7), tenant: stranger, cell: bench.cell, name: "Theft",
        terms: bench.campaign.terms, discount: bench.campaign.discount,
        eligibility: Eligibility(), acknowledgement: .hot, expiresAt: nil, version: 1)
      let error = await #expect(throws: PostgresError.self) {
        _ = try await CampaignStore(pool: bench.pool).insert(campaign, by: UserID("operator")!)
      }
      #expect(error?.constraint == "campaigns_cell_of_tenant")
      #expect(try await bench.store.find(bench.cell)?.tenant == bench.campaign.tenant)
      #expect(try await bench.store.commands(of: bench.cell, limit: 10).count == 1)
    }
  }

  @Test func `a recall ends a campaign once, and coupons that come after it are worthless as well`()
    async throws
  {
    try await LedgerBench.run { bench in
      let campaigns = CampaignStore(pool: bench.pool)
      let tenant = bench.campaign.tenant
      let id = bench.campaign.id
      _ = try await bench.store.acquire(as: "one", hold: .seconds(60), limit: 10)
      _ = try await bench.apply(
        bench.facts([.init(sequence: 1, user: "ann"), .init(sequence: 2, user: "ben")]), from: 0,
        to: 5)
      _ = try await bench.pool.query(
        """
        update spillway.coupons set status = 'USED', used_at = now(),
            used_by_order = gen_random_uuid() where user_id = 'ben'
        """)
      let mia = UserID("mia")!
      #expect(
        try await campaigns.recall(.random, of: tenant, by: mia, reason: "leaked") == nil)
      #expect(try await campaigns.recall(id, of: tenant, by: mia, reason: "leaked") == true)
      let recalled = try #require(try await campaigns.find(id, of: tenant)).campaign
      #expect(recalled.recalledAt != nil && recalled.terms.closesAt == recalled.recalledAt)
      #expect(recalled.version == 2)
      #expect(try await campaigns.recall(id, of: tenant, by: mia, reason: "again") == false)
      #expect(try await campaigns.find(id, of: tenant)?.campaign == recalled)
      #expect(try await campaigns.update(recalled, expected: 2) == nil)
      // Its cell issued one before it heard of it.
      #expect(
        try await bench.apply(bench.facts([.init(sequence: 3, user: "cat")]), from: 5, to: 6)
          == .applied(new: 1))
      let coupons = try await CouponStore(pool: bench.pool).list(
        campaign: id, of: tenant, after: 0, limit: 10)
      #expect(coupons.map(\.status) == [.recalled, .used, .recalled])
      let usage = try await CouponStore(pool: bench.pool).usage(of: id, tenant: tenant)
      #expect(usage.issued == 3 && usage.used == 1 && usage.recalled == 2)
      #expect(try await LedgerAudit(pool: bench.pool).usedOfRecalledCampaigns() == 0)
      _ = try await bench.pool.query(
        "update spillway.coupons set used_at = now() + interval '1 hour' where user_id = 'ben'")
      #expect(try await LedgerAudit(pool: bench.pool).usedOfRecalledCampaigns() == 1)
    }
  }
}
