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
}
