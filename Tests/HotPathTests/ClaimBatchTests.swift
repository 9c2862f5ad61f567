import Domain
import Testing

@testable import HotPath

@Suite struct ClaimBatchTests {
  private func batch(_ scope: RatePolicy.Scope?, users: [String]) -> ClaimBatch {
    let policy = scope.map { RatePolicy(limit: 5, windowMilliseconds: 1_000, burst: 5, scope: $0) }
    let campaign = HotCampaign(
      id: Identifier(high: 1, low: 2), version: 1, keys: CellKeys(CellName("shop.kr")!),
      ratePolicy: policy)
    return ClaimBatch(
      users.map {
        ClaimOperation(campaign: campaign, user: $0, idempotency: nil, isEligible: true)
      })
  }

  @Test func `a key that all claims share is sent once, a user's own for each`() {
    // Lease, stream, campaign and holders come first.
    #expect(batch(nil, users: ["ann", "ben", "cat"]).keyCount == 4)
    #expect(batch(.campaign, users: ["ann", "ben", "cat"]).keyCount == 5)
    #expect(batch(.user, users: ["ann", "ben", "cat"]).keyCount == 7)
  }

  @Test func `plain claims have one argument each, those under a policy five`() {
    #expect(batch(nil, users: ["ann", "ben"]).argumentCount == 7)
    #expect(batch(.campaign, users: ["ann", "ben"]).argumentCount == 15)
  }
}
