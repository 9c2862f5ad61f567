import Domain
import Testing

@testable import spillway_loadtest

@Suite struct RecallCheckTests {
  private let order = Identifier(high: 9, low: 1)

  private func row(_ status: String, usedBy order: Identifier? = nil) -> RecordedCoupon {
    RecordedCoupon(
      sequence: 1, user: "u-1", coupon: Identifier(high: 8, low: 1), ordinal: 1, issuedAt: 0,
      status: status, usedBy: order)
  }

  private func claim(_ outcome: LoggedClaim.Outcome, at moment: UInt64) -> LoggedClaim {
    LoggedClaim(intent: 0, startedAt: moment, endedAt: moment, outcome: outcome)
  }

  /// Breaches of a campaign whose recall was asked for at 10 and answered at 20, in a round that was well
  /// again at 50.
  private func breaches(
    _ rows: [RecordedCoupon] = [], _ claims: [LoggedClaim] = [], paidFrom: UInt64? = nil,
    record: RecallRecord = RecallRecord(startedAt: 10, acknowledgedAt: 20)
  ) -> Int {
    RecallCheck(
      campaign: ChaosCampaign(
        id: Identifier(high: 7, low: 7),
        plan: CampaignPlan(
          acknowledgement: .hot, quantity: 10, perUserLimit: 1, users: 10, keyedShare: 1,
          tenant: 0, raise: nil, recalledAfter: .zero),
        tenant: ChaosTenant.all[0], prefix: "u-"),
      rows: rows, record: record, claims: claims,
      paidFrom: paidFrom.map { [order: $0] } ?? [:], recoveredAt: 50
    ).breaches.count
  }

  @Test func `a coupon is recalled, or was used by a payment that began before`() {
    #expect(breaches([row("RECALLED")]) == 0)
    #expect(breaches([row("USED", usedBy: order)], paidFrom: 19) == 0)
    #expect(breaches([row("USED", usedBy: order)], paidFrom: 21) == 1)
    #expect(breaches([row("USED", usedBy: order)]) == 1, "nobody paid")
    #expect(breaches([row("ISSUED")]) == 1)
  }

  @Test func `closed is told after a recall began, and coupons are told before`() {
    let told = LoggedClaim.Outcome.coupon(
      .init(coupon: Identifier(high: 8, low: 1), sequence: 1, isOwn: true, isReplayed: false))
    #expect(
      breaches([], [claim(told, at: 15), claim(.closed, at: 15), claim(.closed, at: 60)]) == 0)
    #expect(breaches([], [claim(.closed, at: 9)]) == 1)
    let late = RecallCheck.commandLag + 60
    #expect(breaches([], [claim(told, at: late)]) == 1)
    let again = LoggedClaim.Outcome.coupon(
      .init(coupon: Identifier(high: 8, low: 1), sequence: 1, isOwn: true, isReplayed: true))
    #expect(breaches([], [claim(.unknown, at: 15), claim(again, at: late)]) == 0)
    #expect(breaches([], [claim(.unknown, at: 21), claim(again, at: late)]) == 1)
  }

  @Test func `a recall without an answer, or with a wrong one, is a breach`() {
    #expect(breaches(record: RecallRecord(startedAt: 10)) == 1)
    #expect(
      breaches(record: RecallRecord(startedAt: 10, acknowledgedAt: 20, wrongs: ["status 500"])) == 1
    )
  }
}
