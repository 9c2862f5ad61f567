extension NotificationKind {
  var koreanTitle: String {
    switch self {
    case .orderPaid: "주문 결제 완료"
    case .orderFulfilled: "주문 발송"
    case .orderCancelled: "주문 취소"
    case .orderRefunded: "환불"
    case .paymentApproved: "결제 승인"
    case .couponIssued: "쿠폰 발급"
    case .couponUsed: "쿠폰 사용"
    case .couponRecalled: "쿠폰 회수"
    case .walletCredited: "지갑 입금"
    case .walletDebited: "지갑 출금"
    case .walletExpired: "지갑 잔액 만료"
    }
  }
}

extension NotificationContent {
  /// Particles follow words that are known, never ids or amounts: which one is right depends on the sound before
  /// it.
  ///
  /// - Parameters:
  ///   - date: when it happened, in Korean.
  ///   - offset: minutes that the reader's clock is ahead of UTC.
  func korean(_ date: String, _ offset: Int) -> String {
    switch self {
    case .orderPaid(let order, let total):
      "주문 \(order)의 결제가 \(date)에 완료되었습니다. 합계: \(money(total))."
    case .orderFulfilled(let order):
      "주문 \(order)의 상품이 \(date)에 발송되었습니다."
    case .orderCancelled(let order, let cause, let refunded):
      "\(cause.korean)주문 \(order)의 취소가 \(date)에 처리되었습니다."
        + (refunded.map { " 지갑으로 환불된 금액: \(money($0))." } ?? "")
    case .orderRefunded(let order, let amount):
      amount.amount > 0
        ? "주문 \(order)의 환불이 \(date)에 처리되었습니다. 지갑으로 환불된 금액: \(money(amount))."
        : "주문 \(order)의 반품이 \(date)에 처리되었습니다. 환불할 금액은 없습니다."
    case .paymentApproved(let order, let amount, let balance):
      "주문 \(order)의 대금이 \(date)에 지갑에서 결제되었습니다. "
        + "결제 금액: \(money(amount)), 잔액: \(money(balance))."
    case .couponIssued(let coupon, let expiresAt):
      "\(coupon.korean)이 \(date)에 발급되었습니다."
        + (expiresAt.map {
          " 사용 기한: \(DateText.minute($0, in: .korean, offset: offset))."
        } ?? "")
    case .couponUsed(let coupon, let order, let discount):
      "\(coupon.korean)이 \(date)에 사용되었습니다. 주문: \(order), 할인 금액: \(money(discount))."
    case .couponRecalled(let coupon):
      "\(coupon.korean)이 \(date)에 회수되어 더 이상 사용할 수 없습니다."
    case .walletCredited(let change):
      "\(date)에 지갑에 입금되었습니다. "
        + "입금: \(change.sum(in: .korean)), 잔액: \(change.rest(in: .korean))."
    case .walletDebited(let change):
      "\(date)에 지갑에서 출금되었습니다. "
        + "출금: \(change.sum(in: .korean)), 잔액: \(change.rest(in: .korean))."
    case .walletExpired(let change):
      "\(date)에 지갑 잔액의 유효 기간이 지났습니다. "
        + "만료: \(change.sum(in: .korean)), 잔액: \(change.rest(in: .korean))."
    }
  }

  private func money(_ money: Money) -> String { MoneyText.text(money, in: .korean) }
}

extension NotificationContent.NamedCoupon {
  fileprivate var korean: String { "‘\(name)’ 쿠폰(\(id))" }
}

extension NotificationContent.CancellationCause {
  fileprivate var korean: String {
    switch self {
    case .asked: ""
    case .unpaid: "결제 기한이 지나 "
    case .duplicate: "같은 요청으로 접수된 다른 주문이 있어 "
    }
  }
}
