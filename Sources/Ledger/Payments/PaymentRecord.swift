public import Domain
internal import Postgres

/// A payment as it was made.
public struct PaymentRecord: Sendable, Equatable {
  public let id: Identifier
  public let order: Identifier
  public let user: String
  /// What was taken from the wallet: the order's total.
  public let amount: Money
  public let coupon: Identifier?
  /// Minor units that the coupon took off the order.
  public let discount: Int
  /// What was left in the wallet, in minor units.
  public let balanceAfter: Int
  public let paidAt: Instant
}

extension PaymentRecord {
  static let columns = """
    payment_id, order_id, user_id, amount, currency, coupon_id, discount, balance_after, paid_at
    """

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.identifier("payment_id")
    order = try row.identifier("order_id")
    user = try row.decode("user_id")
    amount = Money(amount: try row.decode("amount"), currency: try row.choice("currency"))
    coupon = try row.decode("coupon_id", as: PostgresUUID?.self).map(Identifier.init)
    discount = try row.decode("discount")
    balanceAfter = try row.decode("balance_after")
    paidAt = try row.instant("paid_at")
  }
}
