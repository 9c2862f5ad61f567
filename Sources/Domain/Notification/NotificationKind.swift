/// What users are told of, by the words of the events that the ledger tells other systems.
public enum NotificationKind: String, Sendable, CaseIterable {
  case orderPaid = "order.paid"
  case orderFulfilled = "order.fulfilled"
  case orderCancelled = "order.cancelled"
  case orderRefunded = "order.refunded"
  case paymentApproved = "payment.approved"
  case couponIssued = "coupon.issued"
  case couponUsed = "coupon.used"
  case couponRecalled = "coupon.recalled"
  case walletCredited = "wallet.credited"
  case walletDebited = "wallet.debited"
  case walletExpired = "wallet.expired"

  /// Kinds of events that are told to other systems and to operators, and to no user: they are about the
  /// shop's stock, and nobody's order, coupon or wallet.
  public static let notForUsers: Set<String> = ["stock.changed"]
}
