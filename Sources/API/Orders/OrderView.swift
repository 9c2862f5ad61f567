internal import Domain
internal import Ledger

/// Writes orders as the ledger has them.
enum OrderView {
  static func order(_ order: OrderRecord) -> JSONValue {
    func money(_ amount: Int) -> JSONValue {
      JSONValue(Money(amount: amount, currency: order.currency))
    }
    return [
      "order_id": "\(order.id)",
      "status": .string(order.status.rawValue),
      "sale_id": JSONValue(order.sale?.description),
      "market": "\(order.market)",
      "coupon_id": JSONValue(order.coupon?.description),
      "lines": .array(
        order.lines.map { line in
          [
            "sku": "\(line.sku)", "quantity": .integer(line.quantity),
            "unit_price": money(line.unitPrice), "total": money(line.amount),
          ]
        }),
      "subtotal": money(order.subtotal), "discount": money(order.discount),
      "tax": money(order.tax), "included_tax": money(order.includedTax),
      "shipping": money(order.shipping), "total": money(order.total),
      "reserved_until": "\(order.reservedUntil)",
      "created_at": "\(order.createdAt)",
      "cancelled_at": JSONValue(order.cancelledAt?.description),
      "reason": JSONValue(order.reason),
    ]
  }
}
