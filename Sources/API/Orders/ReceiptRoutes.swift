internal import Domain
internal import Ledger
internal import Services

/// Receipts of paid orders, in markets whose customers get electronic ones.
enum ReceiptRoutes {
  static let all: [Route<Node>] = [read]

  private static let receipt = Schema.object([
    .required("order_id", .identifier), .required("seller", .string),
    .required("paid_at", .instant), .required("total", .money),
    .required("tax", Schema.money.described("What came on top of the prices.")),
    .required("included_tax", Schema.money.described("What the prices had in them.")),
    .required(
      "returnable_until",
      Schema.instant.nullable.described("When the time for returns is over; null for never.")),
    .required("text", Schema.string.described("The receipt in its reader's language.")),
  ]).named("Receipt")

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/orders/{id}/receipt", id: "getReceipt",
      summary: "The receipt of a paid order: one's own, or any for those who may read orders.",
      tag: "Orders", access: .permission(.personalUse),
      responses: [.init(200, "The receipt.", .data(receipt))], errors: [.orderStateConflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let order = try await OrderRoutes.readable(context, of: node)
      guard let rules = node.markets.rules(of: context.tenant.id, in: order.market),
        rules.electronicReceipt
      else { throw .notFound }
      guard let receipt = receipt(for: order, from: context.tenant, under: rules) else {
        throw APIError(.orderStateConflict, details: ["status": .string(order.status.rawValue)])
      }
      return .data(view(receipt, in: context.readerLanguage))
    }
  }

  /// Nil for an order that is not paid.
  private static func receipt(
    for order: OrderRecord, from tenant: Tenant, under rules: MarketRules
  ) -> Receipt? {
    guard let paidAt = order.paidAt,
      let totals = OrderTotals(
        order.lines.map(PricedLine.init), currency: order.currency, terms: order.terms)
    else { return nil }
    return Receipt(
      seller: tenant.name, order: order.id, paidAt: paidAt, currency: order.currency,
      lines: order.lines, totals: totals, returnable: rules.returnable(paidAt: paidAt),
      utcOffset: rules.utcOffset)
  }

  private static func view(_ receipt: Receipt, in language: Language) -> JSONValue {
    func money(_ amount: Int) -> JSONValue {
      JSONValue(Money(amount: amount, currency: receipt.currency))
    }
    return [
      "order_id": "\(receipt.order)", "seller": .string(receipt.seller),
      "paid_at": "\(receipt.paidAt)", "total": money(receipt.totals.total),
      "tax": money(receipt.totals.tax), "included_tax": money(receipt.totals.includedTax),
      "returnable_until": JSONValue(receipt.returnable?.description),
      "text": .string(receipt.text(in: language)),
    ]
  }
}
