public import Domain

/// An order with what became of it.
public struct OrderDetail: Sendable, Equatable {
  public let order: OrderRecord
  /// Nil while nobody has paid.
  public let payment: PaymentRecord?
  /// In the order in which they were given.
  public let refunds: [RefundRecord]
  public let fulfilledAt: Instant?
  public let refundedAt: Instant?

  /// Minor units that went back.
  public var refunded: Int { refunds.reduce(0) { $0 + $1.amount.amount } }
}

extension OrderDetail {
  /// The rules by which its money goes back; nil while it is not paid.
  ///
  /// - Parameter markets: where the rules of its market are.
  public func refundRules(_ markets: MarketBook) -> RefundRules? {
    guard let payment else { return nil }
    var returned: [SKU: Int] = [:]
    for line in refunds.flatMap(\.lines) { returned[line.sku, default: 0] += line.quantity }
    let shares = paidForLines
    let lines = order.lines.enumerated().map { place, line in
      RefundRules.Line(
        sku: line.sku, quantity: line.quantity, returned: returned[line.sku] ?? 0,
        paid: shares[place])
    }
    return RefundRules(
      machine: OrderMachine(status: order.status, reservedUntil: order.reservedUntil),
      lines: lines, paid: payment.amount.amount, refunded: refunded,
      returnableUntil: markets.rules(of: order.tenant, in: order.market)?
        .returnable(paidAt: payment.paidAt),
      selfService: markets.selfServiceRefunds(of: order.tenant, in: order.market))
  }

  /// Minor units that were paid for each line.
  private var paidForLines: [Int] {
    let lines = order.lines.map(PricedLine.init)
    guard let totals = OrderTotals(lines, currency: order.currency, terms: order.terms),
      let shares = OrderShares(totals, of: lines, terms: order.terms)
    else { preconditionFailure("an order is not what its terms make of it") }
    return shares.paid
  }
}
