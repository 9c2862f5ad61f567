internal import Domain
internal import Testing

/// What users read of what became of their orders, coupons and wallets.
@Suite struct NotificationTests {
  private static let order = Identifier("01900000-0000-7000-8000-000000000001")!
  private static let coupon = NotificationContent.NamedCoupon(
    id: Identifier("01900000-0000-7000-8000-000000000002")!, name: "Autumn")
  private static let moment = Instant("2026-11-20T15:04:00Z")!
  private static let points = NotificationContent.WalletChange(
    unit: .point, amount: 1_200, balance: 1)

  private static func won(_ amount: Int) -> Money { Money(amount: amount, currency: .won) }

  private func text(
    _ content: NotificationContent, _ language: Language
  ) -> UserNotification.Text {
    UserNotification(
      id: Self.order, content: content, createdAt: Self.moment, market: Market("KR")
    ).text(in: language, offset: 540)
  }

  /// All that may be told, in all its forms, with the bodies in English and Korean.
  private static let samples: [(content: NotificationContent, english: String, korean: String)] = [
    (
      .orderPaid(order: order, total: won(12_900)),
      "Order \(order) was paid on \(english). Total: ₩12,900.",
      "주문 \(order)의 결제가 \(korean)에 완료되었습니다. 합계: 12,900원."
    ),
    (
      .orderFulfilled(order: order), "Order \(order) was shipped on \(english).",
      "주문 \(order)의 상품이 \(korean)에 발송되었습니다."
    ),
    (
      .orderCancelled(order: order, cause: .asked, refunded: nil),
      "Order \(order) was cancelled on \(english).",
      "주문 \(order)의 취소가 \(korean)에 처리되었습니다."
    ),
    (
      .orderCancelled(order: order, cause: .asked, refunded: won(12_900)),
      "Order \(order) was cancelled on \(english). ₩12,900 went back to your wallet.",
      "주문 \(order)의 취소가 \(korean)에 처리되었습니다. 지갑으로 환불된 금액: 12,900원."
    ),
    (
      .orderCancelled(order: order, cause: .unpaid, refunded: nil),
      "Order \(order) was cancelled on \(english): it was not paid in time.",
      "결제 기한이 지나 주문 \(order)의 취소가 \(korean)에 처리되었습니다."
    ),
    (
      .orderCancelled(order: order, cause: .duplicate, refunded: nil),
      "Order \(order) was cancelled on \(english): you had placed another order with the same "
        + "request.",
      "같은 요청으로 접수된 다른 주문이 있어 주문 \(order)의 취소가 \(korean)에 처리되었습니다."
    ),
    (
      .orderRefunded(order: order, amount: Money(amount: 1_999, currency: .dollar)),
      "$19.99 for order \(order) went back to your wallet on \(english).",
      "주문 \(order)의 환불이 \(korean)에 처리되었습니다. 지갑으로 환불된 금액: US$19.99."
    ),
    (
      .orderRefunded(order: order, amount: won(0)),
      "Goods of order \(order) came back on \(english). No money was due for them.",
      "주문 \(order)의 반품이 \(korean)에 처리되었습니다. 환불할 금액은 없습니다."
    ),
    (
      .paymentApproved(order: order, amount: won(12_900), balance: won(87_100)),
      "₩12,900 left your wallet for order \(order) on \(english). Balance: ₩87,100.",
      "주문 \(order)의 대금이 \(korean)에 지갑에서 결제되었습니다. "
        + "결제 금액: 12,900원, 잔액: 87,100원."
    ),
    (
      .couponIssued(coupon, expiresAt: nil),
      "You received the coupon “Autumn” (\(coupon.id)) on \(english).",
      "‘Autumn’ 쿠폰(\(coupon.id))이 \(korean)에 발급되었습니다."
    ),
    (
      .couponIssued(coupon, expiresAt: moment + .seconds(86_400)),
      "You received the coupon “Autumn” (\(coupon.id)) on \(english). "
        + "Use it by November 22, 2026, 00:04 (UTC+9).",
      "‘Autumn’ 쿠폰(\(coupon.id))이 \(korean)에 발급되었습니다. "
        + "사용 기한: 2026년 11월 22일 00:04 (UTC+9)."
    ),
    (
      .couponUsed(coupon, order: order, discount: won(1_000)),
      "The coupon “Autumn” (\(coupon.id)) took ₩1,000 off order \(order) on \(english).",
      "‘Autumn’ 쿠폰(\(coupon.id))이 \(korean)에 사용되었습니다. "
        + "주문: \(order), 할인 금액: 1,000원."
    ),
    (
      .couponRecalled(coupon),
      "The coupon “Autumn” (\(coupon.id)) was withdrawn on \(english) and can no longer be used.",
      "‘Autumn’ 쿠폰(\(coupon.id))이 \(korean)에 회수되어 더 이상 사용할 수 없습니다."
    ),
    (
      .walletCredited(points),
      "1,200 points came into your wallet on \(english). Balance: 1 point.",
      "\(korean)에 지갑에 입금되었습니다. 입금: 1,200포인트, 잔액: 1포인트."
    ),
    (
      .walletDebited(points),
      "1,200 points left your wallet on \(english). Balance: 1 point.",
      "\(korean)에 지갑에서 출금되었습니다. 출금: 1,200포인트, 잔액: 1포인트."
    ),
    (
      .walletExpired(points),
      "1,200 points in your wallet expired on \(english). Balance: 1 point.",
      "\(korean)에 지갑 잔액의 유효 기간이 지났습니다. 만료: 1,200포인트, 잔액: 1포인트."
    ),
  ]
  private static let english = "November 21, 2026, 00:04 (UTC+9)"
  private static let korean = "2026년 11월 21일 00:04 (UTC+9)"

  @Test func `each says what happened, when, and how much, in its reader's language`() {
    for sample in Self.samples {
      #expect(text(sample.content, .english).body == sample.english)
      #expect(text(sample.content, .korean).body == sample.korean)
    }
  }

  @Test func `every kind has a title and a text of its own in each language`() {
    #expect(Set(Self.samples.map(\.content.kind)) == Set(NotificationKind.allCases))
    for language in Language.allCases {
      var titles: [NotificationKind: String] = [:]
      for sample in Self.samples {
        let text = text(sample.content, language)
        titles[sample.content.kind] = text.title
        #expect(!text.title.isEmpty && text.body.hasSuffix("."))
        for part in [text.title, text.body] {
          let isHangul = part.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) }
          #expect(isHangul == (language == .korean), "\(part)")
        }
      }
      #expect(Set(titles.values).count == NotificationKind.allCases.count)
    }
    let bodies = Self.samples.flatMap { [$0.english, $0.korean] }
    #expect(Set(bodies).count == bodies.count)
  }

  @Test func `the order and the coupon of a text are those that programs are told`() {
    for (content, english, korean) in Self.samples {
      for body in [english, korean] {
        #expect(body.contains("\(Self.order)") == (content.order != nil))
        #expect(body.contains("\(Self.coupon.id)") == (content.coupon != nil))
      }
    }
  }
}
