internal import Domain

/// Reads what of an order is to go back: some money, some pieces, or all.
enum RefundReader {
  /// Minor units of one refund.
  static let amounts = 1...1_000_000_000_000

  /// What a body asks for, and the currency that it names, if it names one.
  struct Wish: Equatable {
    let wish: RefundWish
    let currency: Currency?
  }

  /// - Throws: ``APIError`` that names the field.
  static func read(_ fields: FieldReader) throws(APIError) -> Wish {
    try fields.refuseMistyped(but: ["reason", "amount", "lines"])
    let amount = fields.optional("amount")
    guard let lines = fields.optional("lines") else {
      guard let amount else {
        // Null alone is no way to say all: it may be a number that somebody failed to fill in.
        for name in ["amount", "lines"] { _ = try fields.present(name) }
        return Wish(wish: .everything, currency: nil)
      }
      if amount.value.object == nil {
        return Wish(wish: .amount(try amount.integer(in: amounts)), currency: nil)
      }
      try amount.object().refuseAll(but: ["amount", "currency"])
      let money = try amount.money(in: amounts)
      return Wish(wish: .amount(money.amount), currency: money.currency)
    }
    if let amount { throw amount.refusal("must not stand beside lines") }
    return Wish(wish: .lines(try read(lines)), currency: nil)
  }

  private static func read(_ lines: Field) throws(APIError) -> [RequestedLine] {
    var wanted: [RequestedLine] = []
    for line in try lines.list(limit: OrderBounds.distinctSKUs.upperBound) {
      let fields = try line.object()
      try fields.refuseAll(but: ["sku", "quantity"])
      let field = try fields.required("sku")
      let sku = try field.sku()
      guard !wanted.contains(where: { $0.sku == sku }) else {
        throw field.refusal("stands twice")
      }
      let pieces = try fields.required("quantity").integer(in: 1...Int(Int32.max))
      wanted.append(RequestedLine(sku: sku, quantity: pieces))
    }
    guard !wanted.isEmpty else { throw lines.refusal("must have at least one element") }
    return wanted
  }
}

extension OrderSchema {
  static let refundDraft = Schema.closed([
    .required("reason", reason),
    .optional(
      "amount",
      Schema.any(of: .integer(RefundReader.amounts), .money, .null).described(
        "Minor units of the order's currency, or an object of amount and currency. Not beside lines, null only beside them; from the owner only where the market's self_service_refunds is amounts."
      )
    ),
    .optional(
      "lines",
      Schema.list(of: returnedLine, count: OrderBounds.distinctSKUs).nullable.described(
        "Pieces that come back, each SKU once; null only beside amount. Without lines and amount all that is left goes back."
      )),
  ]).named("OrderRefundDraft")

  static let transition = Schema.closed(
    [
      .required("to", .oneOf(OrderTransition.self)),
      .required("reason", reason),
    ] + noParts
  ).named("OrderTransition")

  private static let returnedLine = Schema.closed(
    [
      .required("sku", .sku), .required("quantity", .integer(1...Int(Int32.max))),
    ], passingOver: []
  ).named("ReturnedLine")
}

/// Where the parts behind a shop may take an order. Only a payment makes one `PAID`.
enum OrderTransition: String, CaseIterable {
  case fulfilled = "FULFILLED"
  case cancelled = "CANCELLED"
  case refunded = "REFUNDED"
}
