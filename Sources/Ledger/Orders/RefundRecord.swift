public import Domain
internal import Postgres

/// Money that went back for an order, with the pieces that came back for it.
public struct RefundRecord: Sendable, Equatable {
  public let id: Identifier
  public let order: Identifier
  public let amount: Money
  public let lines: [RefundPlan.Line]
  /// The pieces went back on sale.
  public let isRestocked: Bool
  /// The coupon that went back to its user.
  public let coupon: Identifier?
  public let reason: String
  /// Who gave it.
  public let actor: String
  public let recordedAt: Instant
}

extension RefundRecord {
  static let columns = """
    refund_id, order_id, amount, currency, skus, quantities, amounts, is_restocked, coupon_id, reason, \
    actor, recorded_at
    """

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.identifier("refund_id")
    order = try row.identifier("order_id")
    amount = Money(amount: try row.decode("amount"), currency: try row.choice("currency"))
    isRestocked = try row.decode("is_restocked")
    coupon = try row.decode("coupon_id", as: PostgresUUID?.self).map(Identifier.init)
    reason = try row.decode("reason")
    actor = try row.decode("actor")
    recordedAt = try row.instant("recorded_at")
    let quantities = try row.decode("quantities", as: [Int].self)
    let amounts = try row.decode("amounts", as: [Int].self)
    var lines: [RefundPlan.Line] = []
    for (index, name) in try row.decode("skus", as: [String].self).enumerated() {
      guard let sku = SKU(name) else {
        throw .decoding(column: "refunds", reason: "holds what no version wrote")
      }
      lines.append(
        RefundPlan.Line(sku: sku, quantity: quantities[index], amount: amounts[index]))
    }
    self.lines = lines
  }
}
