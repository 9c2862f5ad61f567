public import Domain
internal import Postgres

/// How the ledger decided a wish to pay.
public enum PaymentDecision: Sendable, Equatable {
  /// It is paid now, under the id of the payment; the balance is what was left in the wallet.
  case paid(Identifier, paidAt: Instant, balanceAfter: Money)
  /// It was paid before by a request with the same key: the payment that was made then.
  case replayed(Identifier, paidAt: Instant, balanceAfter: Money)
  /// The key came with another order or another request.
  case keyReused
  /// This user has no such order here. It may be on its way.
  case unknown
  /// The order is in a state in which it cannot be paid.
  case notPending(OrderStatus)
  /// Nobody paid it in time.
  case expired
  /// The wallet has too little.
  case short(balance: Money, needed: Money)
  /// The order's coupon was used by another order, or recalled.
  case couponGone(Identifier)
}

extension PaymentDecision {
  init(_ row: PostgresRow) throws(PostgresError) {
    func money(_ column: String) throws(PostgresError) -> Money {
      Money(amount: try row.decode(column), currency: try row.choice("currency"))
    }
    switch try row.decode("outcome", as: String.self) {
    case "PAID":
      self = .paid(
        try row.identifier("payment_id"), paidAt: try row.instant("paid_at"),
        balanceAfter: try money("balance"))
    case "REPLAY":
      self = .replayed(
        try row.identifier("payment_id"), paidAt: try row.instant("paid_at"),
        balanceAfter: try money("balance"))
    case "KEY_REUSED": self = .keyReused
    case "UNKNOWN": self = .unknown
    case "STATE": self = .notPending(try row.choice("status"))
    case "EXPIRED": self = .expired
    case "SHORT": self = .short(balance: try money("balance"), needed: try money("total"))
    case "COUPON": self = .couponGone(try row.identifier("coupon_id"))
    default: throw .decoding(column: "outcome", reason: "holds what no version wrote")
    }
  }
}
