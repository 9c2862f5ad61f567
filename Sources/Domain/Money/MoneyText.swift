/// Writes sums of money and points as people read them.
public enum MoneyText {
  /// `₩12,900`, `$129.00` and `500 points` in English, `12,900원`, `US$129.00` and `500포인트` in Korean.
  public static func text(_ money: Money, in language: Language) -> String {
    let digits = NumberText.decimal(
      Int(clamping: money.amount.magnitude), fractionDigits: money.currency.minorUnitDigits)
    let sign = money.amount < 0 ? "-" : ""
    return switch (language, money.currency) {
    case (.english, .won): "\(sign)₩\(digits)"
    case (.english, .dollar): "\(sign)$\(digits)"
    case (.english, .point): "\(sign)\(digits) \(money.amount.magnitude == 1 ? "point" : "points")"
    case (.korean, .won): "\(sign)\(digits)원"
    case (.korean, .dollar): "\(sign)US$\(digits)"
    case (.korean, .point): "\(sign)\(digits)포인트"
    }
  }
}
