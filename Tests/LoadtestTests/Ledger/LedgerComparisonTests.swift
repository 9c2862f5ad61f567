import Domain
import Testing

@testable import spillway_loadtest

@Suite struct LedgerComparisonTests {
  private func coupon(_ number: Int) -> Identifier { Identifier(high: 7, low: UInt64(number)) }

  private func rows(_ count: Int) -> [LedgerCoupon] {
    (1...count).map {
      LedgerCoupon(sequence: $0, user: "U\($0)", coupon: coupon($0), ordinal: 1)
    }
  }

  private func told(_ numbers: [Int]) -> [AcknowledgedCoupon] {
    numbers.map { AcknowledgedCoupon(user: $0, sequence: $0, coupon: coupon($0)) }
  }

  private func breaches(
    _ told: [AcknowledgedCoupon], _ rows: [LedgerCoupon], quantity: Int = 10
  ) -> Int {
    LedgerComparison.breaches(
      acknowledged: told, rows: rows, quantity: quantity, name: { "U\($0)" }
    ).count
  }

  @Test func `a ledger with all that was told holds, also with more`() {
    #expect(breaches(told([1, 2, 3]), rows(3)) == 0)
    #expect(breaches(told([1, 3]), rows(10)) == 0)
    #expect(breaches([], []) == 0)
  }

  @Test func `a coupon that was told and is not there is a breach`() {
    #expect(breaches(told([1, 4]), rows(3)) == 1)
  }

  @Test func `another coupon or another user is a breach`() {
    var changed = rows(3)
    changed[0] = LedgerCoupon(sequence: 1, user: "U1", coupon: coupon(9), ordinal: 1)
    changed[1] = LedgerCoupon(sequence: 2, user: "V2", coupon: coupon(2), ordinal: 1)
    #expect(breaches(told([1, 2, 3]), changed) == 2)
  }

  @Test func `the ledger's own bounds are checked`() {
    #expect(breaches([], rows(11)) == 1)
    #expect(breaches([], Array(rows(3).dropFirst())) == 1)
    var twice = rows(3)
    twice[2] = LedgerCoupon(sequence: 3, user: "U1", coupon: coupon(3), ordinal: 2)
    #expect(breaches([], twice) == 1)
  }
}
