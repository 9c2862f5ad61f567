internal import EventLoop

/// A campaign of a round, and how the crowd takes part in it.
struct CampaignPlan: Equatable, Sendable {
  /// When a coupon counts as issued.
  enum Acknowledgement: String, Sendable {
    case hot, ledger
  }

  let acknowledgement: Acknowledgement
  let quantity: Int
  let perUserLimit: Int
  /// Users that may come.
  let users: Int
  /// The share of claims that carry an idempotency key.
  let keyedShare: Double
  /// Which of the installation's tenants it belongs to.
  let tenant: Int
  /// How many coupons an operator adds during the round, and when.
  let raise: Raise?
  /// When an operator recalls it, from the first request of the round; nil for never.
  var recalledAfter: Duration?

  struct Raise: Equatable, Sendable {
    let moment: Duration
    let amount: Int
  }

  /// The quantity at the end of the round.
  var finalQuantity: Int { quantity + (raise?.amount ?? 0) }

  /// Both acknowledgements, scarce and plentiful, one coupon a user and several.
  static func some(
    in length: Duration, _ numbers: inout SeededNumbers
  ) -> [CampaignPlan] {
    let raise = CampaignPlan.Raise(
      moment: numbers.duration(in: (length * 0.2)...(length * 0.9)),
      amount: Int.random(in: 1...300, using: &numbers))
    func plan(
      _ acknowledgement: CampaignPlan.Acknowledgement, _ quantity: ClosedRange<Int>, limit: Int,
      keyed: Double, tenant: Int, raise: CampaignPlan.Raise? = nil
    ) -> CampaignPlan {
      CampaignPlan(
        acknowledgement: acknowledgement, quantity: Int.random(in: quantity, using: &numbers),
        perUserLimit: limit, users: Int.random(in: 2000...4000, using: &numbers),
        keyedShare: keyed, tenant: tenant, raise: raise)
    }
    let several = Int.random(in: 2...4, using: &numbers)
    return [
      plan(.hot, 100...800, limit: 1, keyed: 0, tenant: 0, raise: raise),
      plan(.hot, 100_000...200_000, limit: several, keyed: 0.7, tenant: 0),
      plan(.ledger, 100...800, limit: 1, keyed: 0.3, tenant: 0),
      plan(.ledger, 100_000...200_000, limit: 1, keyed: 0.5, tenant: 1),
      plan(.hot, 500...2500, limit: 2, keyed: 1, tenant: 1),
    ]
  }
}
