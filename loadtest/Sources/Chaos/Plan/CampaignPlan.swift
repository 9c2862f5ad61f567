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

  struct Raise: Equatable, Sendable {
    let moment: Duration
    let amount: Int
  }

  /// The quantity at the end of the round.
  var finalQuantity: Int { quantity + (raise?.amount ?? 0) }
}
