internal import Domain
internal import EventLoop
internal import Services

/// A payment that waits for the ledger; it writes the answer.
final class PendingPayment: PaymentOperation {
  private let request: HotRequest

  init(
    request: HotRequest, order: Identifier, payment: Identifier, idempotency: RequestIdempotency
  ) {
    self.request = request
    super.init(
      tenant: request.tenant.id, order: order, user: request.principal.user, payment: payment,
      idempotency: idempotency)
  }

  override var isWaiting: Bool { request.exchange.isPending }

  override func ended(_ outcome: PaymentOutcome) {
    switch outcome {
    case .paid(let payment, let isReplay): respond(payment, isReplay: isReplay)
    case .keyReused: request.refuse(.idempotencyKeyReuse)
    case .notFound: request.refuse(.notFound)
    case .notPending(let status):
      request.refuse(APIError(.orderStateConflict, details: ["status": .string(status.rawValue)]))
    case .expired: request.refuse(.expired)
    case .short(let balance, let needed):
      request.refuse(
        APIError(
          .insufficientFunds,
          details: ["balance": JSONValue(balance), "needed": JSONValue(needed)]))
    case .couponGone(let coupon):
      request.refuse(
        APIError(.conflict, details: ["field": "coupon_id", "coupon_id": "\(coupon)"]))
    case .unavailable: request.refuse(.internalRetryable)
    }
  }

  private func respond(_ payment: PaymentOutcome.Payment, isReplay: Bool) {
    request.respond(
      status: 200,
      headers: { if isReplay { $0.append("Idempotent-Replayed: true\r\n") } },
      data: { output in
        output.append(#"{"order_id":""#)
        output.append(order)
        output.append(#"","status":"PAID","payment_id":""#)
        output.append(payment.id)
        output.append(#"","paid_at":""#)
        output.append(payment.paidAt)
        output.append(#"","balance_after":{"amount":"#)
        output.append(decimal: payment.balanceAfter.amount)
        output.append(#","currency":""#)
        output.append(payment.balanceAfter.currency.rawValue)
        output.append(#""}}"#)
      })
  }
}
