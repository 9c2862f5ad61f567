import Domain
import Services
import TestSupport
import Testing

@testable import API

@Suite struct ReadinessTests {
  /// Makes a campaign, and with it the tenant's cell.
  private func createCampaign(_ api: APIUnderTest<Node>, in tenant: String) async throws {
    let response = try await api.ask(
      "POST", "/v1/admin/campaigns", host: "\(tenant).test", token: "\(tenant):ann:APP_ADMIN",
      body: CampaignReaderTests.minimal.jsonText)
    #expect(response.status == 201, "\(response.text)")
  }

  @Test func `one closed cell leaves a node ready, as long as another is open`() async throws {
    try await withNode { api in
      let node = api.services
      try await eventually("a node without cells is ready") {
        node.readiness == Readiness()
      }
      try await createCampaign(api, in: "shop")
      try await createCampaign(api, in: "other")
      try await eventually("the closed cell is told") {
        node.readiness == Readiness(closedCells: ["other.kr"])
      }
      // Other tests use the same Redis: the lease is given up here only.
      for cell in node.cells.all { cell.lease.end() }
      let closed = ["other.kr", "shop.kr"]
      #expect(
        node.readiness
          == Readiness(
            waitingFor: closed.map { "cell \($0): closed until the reconciler vouches for it" },
            closedCells: closed))
    }
  }
}
