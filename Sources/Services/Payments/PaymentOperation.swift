public import Domain
internal import Ledger

/// One payment of an order from its user's wallet, and who is told how it ended. Loop-confined.
///
/// A class to be derived from, like `ReserveOperation`.
open class PaymentOperation {
  public final let tenant: TenantID
  public final let order: Identifier
  public final let user: UserID
  /// What the payment is called if it is made now; a replay has another name.
  public final let payment: Identifier
  public final let idempotency: RequestIdempotency
  /// How it was looked for after the ledger did not know its order.
  final var search = Search.notBegun
  /// Told when the ledger has no such order of the user.
  final var whenMissing: (PaymentOperation) -> Void = { _ in }

  /// What was done about an order that the ledger did not know.
  enum Search: Equatable {
    case notBegun
    /// A cell has it, and its fact was waited for so many times.
    case awaited(times: Int)
    /// No cell has it.
    case absent

    var times: Int { if case .awaited(let times) = self { times } else { 0 } }
  }

  public init(
    tenant: TenantID, order: Identifier, user: UserID, payment: Identifier,
    idempotency: RequestIdempotency
  ) {
    self.tenant = tenant
    self.order = order
    self.user = user
    self.payment = payment
    self.idempotency = idempotency
  }

  /// False once nobody waits for the answer any more: what was not sent by then is not paid.
  open var isWaiting: Bool { true }

  /// Told once how the payment ended.
  open func ended(_ outcome: PaymentOutcome) {}
}

extension PaymentOperation: LedgerOperation {
  final var wish: PaymentStore.Wish {
    PaymentStore.Wish(
      tenant: tenant, order: order, user: user, payment: payment, idempotency: idempotency)
  }

  final func decided(_ decision: PaymentDecision) {
    if let outcome = PaymentOutcome(decision) { ended(outcome) } else { whenMissing(self) }
  }

  final func failed(_ reason: LedgerPathFailure) { ended(.unavailable) }
}

/// How a wish to pay ended.
public enum PaymentOutcome: Equatable, Sendable {
  /// The order is paid, now or by an earlier request with the same key.
  case paid(Payment, isReplay: Bool)
  /// The key was used for another payment.
  case keyReused
  /// The user has no such order.
  case notFound
  /// The order is in a state in which it cannot be paid.
  case notPending(OrderStatus)
  /// The order was not paid in time.
  case expired
  /// The wallet has too little.
  case short(balance: Money, needed: Money)
  /// The order's coupon was used by another order, or recalled.
  case couponGone(Identifier)
  /// The ledger could not be asked, or the order is still on its way: asking again with the same key
  /// tells.
  case unavailable

  /// A payment as it was made.
  public struct Payment: Equatable, Sendable {
    public let id: Identifier
    public let paidAt: Instant
    /// What was left in the wallet.
    public let balanceAfter: Money

    public init(id: Identifier, paidAt: Instant, balanceAfter: Money) {
      self.id = id
      self.paidAt = paidAt
      self.balanceAfter = balanceAfter
    }
  }
}
