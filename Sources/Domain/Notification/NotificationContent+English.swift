extension NotificationKind {
  var englishTitle: String {
    switch self {
    case .orderPaid: "Order paid"
    case .orderFulfilled: "Order shipped"
    case .orderCancelled: "Order cancelled"
    case .orderRefunded: "Refund"
    case .paymentApproved: "Payment approved"
    case .couponIssued: "Coupon received"
    case .couponUsed: "Coupon used"
    case .couponRecalled: "Coupon withdrawn"
    case .walletCredited: "Wallet credited"
    case .walletDebited: "Wallet debited"
    case .walletExpired: "Wallet balance expired"
    }
  }
}

extension NotificationContent {
  /// - Parameters:
  ///   - date: when it happened, in English.
  ///   - offset: minutes that the reader's clock is ahead of UTC.
  func english(_ date: String, _ offset: Int) -> String {
    switch self {
    case .orderPaid(let order, let total):
      "Order \(order) was paid on \(date). Total: \(money(total))."
    case .orderFulfilled(let order):
      "Order \(order) was shipped on \(date)."
    case .orderCancelled(let order, let cause, let refunded):
      "Order \(order) was cancelled on \(date)\(cause.english)."
        + (refunded.map { " \(money($0)) went back to your wallet." } ?? "")
    case .orderRefunded(let order, let amount):
      amount.amount > 0
        ? "\(money(amount)) for order \(order) went back to your wallet on \(date)."
        : "Goods of order \(order) came back on \(date). No money was due for them."
    case .paymentApproved(let order, let amount, let balance):
      "\(money(amount)) left your wallet for order \(order) on \(date). "
        + "Balance: \(money(balance))."
    case .couponIssued(let coupon, let expiresAt):
      "You received the coupon \(coupon.english) on \(date)."
        + (expiresAt.map {
          " Use it by \(DateText.minute($0, in: .english, offset: offset))."
        } ?? "")
    case .couponUsed(let coupon, let order, let discount):
      "The coupon \(coupon.english) took \(money(discount)) off order \(order) on \(date)."
    case .couponRecalled(let coupon):
      "The coupon \(coupon.english) was withdrawn on \(date) and can no longer be used."
    case .walletCredited(let change):
      "\(change.sum(in: .english)) came into your wallet on \(date). "
        + "Balance: \(change.rest(in: .english))."
    case .walletDebited(let change):
      "\(change.sum(in: .english)) left your wallet on \(date). "
        + "Balance: \(change.rest(in: .english))."
    case .walletExpired(let change):
      "\(change.sum(in: .english)) in your wallet expired on \(date). "
        + "Balance: \(change.rest(in: .english))."
    }
  }

  private func money(_ money: Money) -> String { MoneyText.text(money, in: .english) }
}

extension NotificationContent.NamedCoupon {
  fileprivate var english: String { "“\(name)” (\(id))" }
}

extension NotificationContent.CancellationCause {
  fileprivate var english: String {
    switch self {
    case .asked: ""
    case .unpaid: ": it was not paid in time"
    case .duplicate: ": you had placed another order with the same request"
    }
  }
}
