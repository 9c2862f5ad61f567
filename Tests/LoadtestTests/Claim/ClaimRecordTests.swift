import Domain
import Testing

@testable import spillway_loadtest

@Suite struct ClaimRecordTests {
  private let one = Identifier(high: 1, low: 1)
  private let two = Identifier(high: 2, low: 2)

  @Test func `a repeat of the same coupon holds, before or after the issue`() {
    var record = ClaimRecord(users: 2)
    let held = [
      record.hold(user: 0, sequence: 3, coupon: one, isReplay: false),
      record.hold(user: 0, sequence: 3, coupon: one, isReplay: true),
      record.hold(user: 1, sequence: 4, coupon: two, isReplay: true),
      record.hold(user: 1, sequence: 4, coupon: two, isReplay: false),
    ]
    #expect(held == [true, true, true, true])
    #expect(record.breaches.count == 0)
    #expect(
      record.acknowledged { $0 * 10 } == [
        AcknowledgedCoupon(user: 0, sequence: 3, coupon: one),
        AcknowledgedCoupon(user: 10, sequence: 4, coupon: two),
      ])
  }

  @Test func `a second coupon, another coupon or a refusal after one is a breach`() {
    var record = ClaimRecord(users: 3)
    for user in 0..<3 {
      _ = record.hold(user: user, sequence: user + 1, coupon: one, isReplay: false)
    }
    #expect(record.breaches.count == 0)
    let held = [
      record.hold(user: 0, sequence: 9, coupon: two, isReplay: false),
      record.hold(user: 1, sequence: 9, coupon: one, isReplay: true),
      record.soldOut(user: 2),
    ]
    #expect(held == [false, false, false])
    #expect(record.breaches.count == 3)
  }

  @Test func `totals show what single answers cannot`() {
    let coupons = [1, 2, 2].enumerated().map {
      AcknowledgedCoupon(user: $0, sequence: $1, coupon: one)
    }
    #expect(ClaimCheck.sequences(coupons).count == 1)
    #expect(ClaimCheck.sequences(Array(coupons.prefix(2))).count == 0)
    #expect(ClaimCheck.soldOut(refused: 1, told: 9, unanswered: 0, quantity: 10).count == 1)
    #expect(ClaimCheck.soldOut(refused: 1, told: 9, unanswered: 1, quantity: 10).count == 0)
    #expect(ClaimCheck.issued(told: 10, users: 20, unanswered: 0, quantity: 10).count == 0)
    #expect(ClaimCheck.issued(told: 11, users: 20, unanswered: 0, quantity: 10).count == 1)
    #expect(ClaimCheck.issued(told: 4, users: 5, unanswered: 0, quantity: 10).count == 1)
  }
}
