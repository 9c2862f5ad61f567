internal import Domain
internal import Ledger

/// The forms of orders in requests and answers.
enum OrderSchema {
  static let draft = Schema.object([
    .required(
      "lines",
      Schema.list(of: requestedLine, count: OrderBounds.lines).described(
        "Lines of one SKU are summed; at most \(OrderBounds.distinctSKUs.upperBound) SKUs.")),
    .optional(
      "sale_id",
      Schema.identifier.nullable.described("The sale to buy from; without one, the open stock.")),
    .optional(
      "market",
      Schema.market.nullable.described("The user's own by default; a sale has its own.")),
    .optional(
      "coupon_id",
      Schema.identifier.nullable.described("A coupon of the user's to pay less with.")),
  ]).named("OrderDraft")

  static let order = Schema.object(members).named("Order")

  static let members =
    shared + [
      .required("status", .oneOf(OrderStatus.self)),
      .required("created_at", .instant),
      .required("cancelled_at", Schema.instant.nullable),
      .required(
        "reason",
        Schema.string.nullable.described("Why it was cancelled or refunded, where it was.")),
    ]

  static let reservation = Schema.object(
    shared + [
      .required("status", .constant("PENDING")),
      .required(
        "acknowledged",
        .oneOf(["hot", "ledger"]).described("Where the order was safe when this was answered.")),
    ]
  ).named("ReservedOrder")

  static let cancellation = Schema.closed(
    [
      .required("reason", reason)
    ] + noParts
  ).named("OrderCancellation")

  /// What would ask for a part, where the whole order is meant.
  static let noParts = ["amount", "lines"].map {
    Schema.Member.optional(
      $0, Schema.null.described("The whole order is meant; /refund gives a part back."))
  }

  static let reason = Schema.text(OrderFields.reasonLength).described(
    "Not `\(OrderRecord.expired)` or `\(OrderRecord.duplicate)`, which only the system gives.")

  private static let requestedLine = Schema.object([
    .required("sku", .sku), .required("quantity", .integer(OrderBounds.quantity)),
  ]).named("RequestedLine")

  private static let line = Schema.object([
    .required("sku", .sku), .required("quantity", .integer),
    .required("unit_price", .money),
    .required("total", .money),
  ]).named("OrderLine")

  private static let shared: [Schema.Member] = [
    .required("order_id", .identifier),
    .required("sale_id", Schema.identifier.nullable),
    .required("market", .market),
    .required("coupon_id", Schema.identifier.nullable),
    .required("lines", Schema.list(of: line).described("One a SKU.")),
    .required("subtotal", .money), .required("discount", .money),
    .required("tax", Schema.money.described("What comes on top of the prices; 0 for points.")),
    .required(
      "included_tax", Schema.money.described("What the prices have in them; 0 for points.")),
    .required("shipping", .money), .required("total", .money),
    .required(
      "reserved_until",
      Schema.instant.described("Until then it can be paid; then its stock goes back on sale.")),
  ]
}

/// Bounds of an order's fields as the wire has them.
enum OrderFields {
  static let reasonLength = 1...200
}
