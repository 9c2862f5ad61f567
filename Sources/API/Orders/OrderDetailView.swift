internal import Domain
internal import Ledger

/// Writes orders with what became of them.
enum OrderDetailView {
  static func order(_ detail: OrderDetail) -> JSONValue {
    guard case .object(var object) = OrderView.order(detail.order) else {
      preconditionFailure("an order is an object")
    }
    object["fulfilled_at"] = JSONValue(detail.fulfilledAt?.description)
    object["refunded_at"] = JSONValue(detail.refundedAt?.description)
    object["payment"] = detail.payment.map(payment) ?? .null
    object["refunded"] = JSONValue(
      Money(amount: detail.refunded, currency: detail.order.currency))
    object["refunds"] = .array(detail.refunds.map(refund))
    return .object(object)
  }

  private static func payment(_ payment: PaymentRecord) -> JSONValue {
    [
      "payment_id": "\(payment.id)", "amount": JSONValue(payment.amount),
      "coupon_id": JSONValue(payment.coupon?.description),
      "discount": JSONValue(Money(amount: payment.discount, currency: payment.amount.currency)),
      "paid_at": "\(payment.paidAt)",
    ]
  }

  private static func refund(_ refund: RefundRecord) -> JSONValue {
    [
      "refund_id": "\(refund.id)", "amount": JSONValue(refund.amount),
      "lines": .array(
        refund.lines.map { line in
          [
            "sku": "\(line.sku)", "quantity": .integer(line.quantity),
            "amount": JSONValue(Money(amount: line.amount, currency: refund.amount.currency)),
          ]
        }),
      "restocked": .bool(refund.isRestocked), "coupon_id": JSONValue(refund.coupon?.description),
      "reason": .string(refund.reason), "recorded_at": "\(refund.recordedAt)",
    ]
  }
}

extension OrderSchema {
  static let detail = Schema.object(
    members + [
      .required("fulfilled_at", Schema.instant.nullable),
      .required("refunded_at", Schema.instant.nullable),
      .required("payment", payment.nullable),
      .required("refunded", Schema.money.described("All that went back.")),
      .required("refunds", .list(of: refund)),
    ]
  ).named("OrderDetail")

  private static let payment = Schema.object([
    .required("payment_id", .identifier), .required("amount", .money),
    .required("coupon_id", Schema.identifier.nullable),
    .required("discount", Schema.money.described("What the coupon took off.")),
    .required("paid_at", .instant),
  ]).named("OrderPayment")

  private static let refund = Schema.object([
    .required("refund_id", .identifier), .required("amount", .money),
    .required("lines", Schema.list(of: refundLine).described("Pieces that came back.")),
    .required("restocked", Schema.boolean.described("Whether the pieces went back on sale.")),
    .required(
      "coupon_id", Schema.identifier.nullable.described("The coupon that may be used again.")),
    .required("reason", .string), .required("recorded_at", .instant),
  ]).named("OrderRefund")

  private static let refundLine = Schema.object([
    .required("sku", .sku), .required("quantity", .integer),
    .required("amount", Schema.money.described("What was paid for the pieces.")),
  ]).named("OrderRefundLine")
}
