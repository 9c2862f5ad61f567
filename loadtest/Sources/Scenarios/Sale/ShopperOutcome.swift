/// How a request of a shopper can end; the raw value is the index into ``all``.
enum ShopperOutcome: Int, CaseIterable {
  case joined, waiting, admitted, looked, issued, issuedAgain, couponsGone, reserved, goodsGone
  case paid, paidAgain, cancelled, left, tooLate, unavailable, failed, wrong

  /// The outcomes in the order of their indices.
  static let all = allCases.map(\.outcome)

  var outcome: Outcome {
    switch self {
    case .joined: Outcome(name: "joined", kind: .success)
    case .waiting: Outcome(name: "waiting", kind: .success)
    case .admitted: Outcome(name: "admitted", kind: .success)
    case .looked: Outcome(name: "stock", kind: .success)
    case .issued: Outcome(name: "coupon", kind: .success)
    case .issuedAgain: Outcome(name: "coupon again", kind: .success)
    case .couponsGone: Outcome(name: "coupons gone", kind: .refusal)
    case .reserved: Outcome(name: "reserved", kind: .success)
    case .goodsGone: Outcome(name: "goods gone", kind: .refusal)
    case .paid: Outcome(name: "paid", kind: .success)
    case .paidAgain: Outcome(name: "paid again", kind: .success)
    case .cancelled: Outcome(name: "cancelled", kind: .success)
    case .left: Outcome(name: "left", kind: .success)
    case .tooLate: Outcome(name: "too late", kind: .refusal)
    case .unavailable: Outcome(name: "unavailable", kind: .failure)
    case .failed: Outcome(name: "failed", kind: .failure)
    case .wrong: Outcome(name: "wrong answer", kind: .breach)
    }
  }
}
