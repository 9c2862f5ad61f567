/// How the users of a round deal with what they ordered, in shares of all orders.
struct BuyerHabits: Sendable {
  /// Those that are abandoned, paid, and cancelled; the rest is paid and cancelled at the same moment.
  var abandoned: Double
  var paid: Double
  var cancelled: Double
  /// Of the paid orders, those that are refunded in one or more parts, and those that are cancelled
  /// afterwards.
  var refunded = 0.0
  var undone = 0.0
  /// Orders for which a coupon is claimed, and that it is used for.
  var withCoupon = 0.0
  /// Of these coupons, those of a campaign that is recalled during the round.
  var withRecalledCoupon = 0.0
  /// Those of an operator's changes to wallets, and to stock, that a client makes between two orders.
  var changes = 0.0
  var adjustments = 0.0
  /// Requests that are sent once more later, with the same key.
  var echoes = 0.0

  /// Half of the reservations lapse.
  static let crowd = BuyerHabits(abandoned: 0.5, paid: 0.25, cancelled: 0.2)
  /// Everything that is done in a shop.
  static let shop = BuyerHabits(
    abandoned: 0.15, paid: 0.6, cancelled: 0.1, refunded: 0.4, undone: 0.15, withCoupon: 0.3,
    withRecalledCoupon: 0.4, changes: 0.3, adjustments: 0.2, echoes: 0.1)
}
