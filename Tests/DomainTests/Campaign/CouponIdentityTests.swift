import Domain
import TestSupport
import Testing

@Suite struct CouponIdentityTests {
  @Test func `an id tells the sequence that it was made from`() {
    var random = SeededGenerator()
    for _ in 0..<10_000 {
      let campaign = Identifier(
        at: Instant(milliseconds: Int64.random(in: 0..<1 << 47, using: &random)), using: &random)
      let sequence = Int.random(in: CampaignTerms.Bounds.quantity, using: &random)
      let coupon = CouponIdentity.identifier(
        campaign: campaign, sequence: sequence,
        issuedAt: Instant(milliseconds: Int64.random(in: 0..<1 << 47, using: &random)))
      #expect(
        CouponIdentity.sequence(of: coupon, campaign: campaign) == sequence, "seed \(random.seed)")
    }
  }

  @Test func `another campaign's id tells nothing, or what a comparison refuses`() {
    var random = SeededGenerator()
    for _ in 0..<1_000 {
      let (one, other) = (
        Identifier(at: Instant(milliseconds: 1), using: &random),
        Identifier(at: Instant(milliseconds: 1), using: &random)
      )
      let issuedAt = Instant(milliseconds: 1_700_000_000_000)
      let coupon = CouponIdentity.identifier(campaign: one, sequence: 1, issuedAt: issuedAt)
      if let sequence = CouponIdentity.sequence(of: coupon, campaign: other) {
        let found = CouponIdentity.identifier(
          campaign: other, sequence: sequence, issuedAt: issuedAt)
        #expect(found != coupon, "seed \(random.seed)")
      }
    }
  }
}
