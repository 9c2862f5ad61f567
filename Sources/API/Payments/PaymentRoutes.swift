internal import Domain
internal import Services

/// Payment of orders.
enum PaymentRoutes {
  static let all: [Route<Node>] = [pay]

  private static let pay = Route<Node>(
    RouteDescription(
      .post, "/v1/orders/{id}/payment", id: "payOrder",
      summary: "Pay one's own order once, from the wallet in its currency, while it is reserved.",
      tag: "Orders", access: .permission([.orderPlace, .walletUse]), idempotency: .required,
      body: .json(PaymentSchema.wish),
      responses: [
        .init(
          200, "The order was paid by this request, or by an earlier one with the same key.",
          .data(PaymentSchema.payment))
      ],
      errors: [.notFound, .insufficientFunds, .conflict, .orderStateConflict, .expired],
      rateClass: .hot)
  ) { node in
    let handler = PaymentHandler(node: node)
    return .hot { handler.handle($0) }
  }
}

/// The forms of payments in requests and answers.
enum PaymentSchema {
  static let wish = Schema.object([
    .required("method", .oneOf(PaymentMethod.self))
  ]).named("PaymentDraft")

  static let payment = Schema.object([
    .required("order_id", .identifier),
    .required("status", .constant("PAID")),
    .required("payment_id", .identifier),
    .required("paid_at", .instant),
    .required("balance_after", Schema.money.described("What was left in the wallet.")),
  ]).named("Payment")
}
