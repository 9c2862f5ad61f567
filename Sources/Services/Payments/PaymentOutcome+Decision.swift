internal import Domain
internal import Ledger

extension PaymentOutcome {
  /// What the ledger decided; nil when it does not know the order.
  init?(_ decision: PaymentDecision) {
    switch decision {
    case .paid(let id, let paidAt, let balance):
      self = .paid(Payment(id: id, paidAt: paidAt, balanceAfter: balance), isReplay: false)
    case .replayed(let id, let paidAt, let balance):
      self = .paid(Payment(id: id, paidAt: paidAt, balanceAfter: balance), isReplay: true)
    case .keyReused: self = .keyReused
    case .unknown: return nil
    case .notPending(let status): self = .notPending(status)
    case .expired: self = .expired
    case .short(let balance, let needed): self = .short(balance: balance, needed: needed)
    case .couponGone(let coupon): self = .couponGone(coupon)
    }
  }
}
