/// Why a coupon does not go with an order.
public enum CouponRefusal: Error, Sendable, Equatable {
  /// An order was paid with it.
  case used
  /// Taken back by an operator.
  case recalled
  case expired(Instant)
  /// It is for these markets.
  case market([String])
  /// None of the order's goods are what it is for.
  case goods
  /// It takes off a sum in a currency that the prices are not in.
  case currency(String)
  /// The goods must cost this much at least.
  case minimum(Money)

  /// The word for programs.
  public var reason: String {
    switch self {
    case .used: "used"
    case .recalled: "recalled"
    case .expired: "expired"
    case .market: "market"
    case .goods: "goods"
    case .currency: "currency"
    case .minimum: "min_subtotal"
    }
  }

  /// The refusal as clients know it.
  public var code: ErrorCode {
    switch self {
    case .used: .conflict
    case .recalled, .expired: .expired
    case .market, .goods, .currency, .minimum: .notEligible
    }
  }

  /// A sentence for people.
  ///
  /// - Parameter offset: minutes that the reader's clock is ahead of UTC.
  public func explanation(in language: Language, offset: Int = 0) -> String {
    switch language {
    case .english: english(offset)
    case .korean: korean(offset)
    }
  }

  private func english(_ offset: Int) -> String {
    switch self {
    case .used: "This coupon has been used."
    case .recalled: "This coupon was withdrawn."
    case .expired(let instant):
      "This coupon expired on \(DateText.minute(instant, in: .english, offset: offset))."
    case .market(let markets):
      "This coupon is not for this market, only for \(markets.joined(separator: ", "))."
    case .goods: "This coupon is not for the goods of this order."
    case .currency(Currency.point.rawValue): "This coupon is for prices in points."
    case .currency(let currency): "This coupon is for prices in \(currency)."
    case .minimum(let sum):
      "This coupon is for orders of \(MoneyText.text(sum, in: .english)) or more."
    }
  }

  private func korean(_ offset: Int) -> String {
    switch self {
    case .used: "이미 사용한 쿠폰입니다."
    case .recalled: "회수된 쿠폰입니다."
    case .expired(let instant):
      "\(DateText.minute(instant, in: .korean, offset: offset))에 만료된 쿠폰입니다."
    case .market(let markets):
      "이 마켓에서는 사용할 수 없는 쿠폰입니다. 사용 가능한 마켓: \(markets.joined(separator: ", "))."
    case .goods: "이 주문의 상품에는 사용할 수 없는 쿠폰입니다."
    case .currency(Currency.point.rawValue): "포인트 가격의 주문에만 사용할 수 있는 쿠폰입니다."
    case .currency(let currency): "\(currency) 가격의 주문에만 사용할 수 있는 쿠폰입니다."
    case .minimum(let sum):
      "\(MoneyText.text(sum, in: .korean)) 이상 주문에 사용할 수 있는 쿠폰입니다."
    }
  }
}
