/// Writes sums of money as people read them.
public enum MoneyText {
  /// `₩12,900` and `$129.00` in English, `12,900원` and `US$129.00` in Korean.
  public static func text(_ money: Money, in language: Language) -> String {
    let digits = NumberText.decimal(
      Int(clamping: money.amount.magnitude), fractionDigits: money.currency.minorUnitDigits)
    let sign = money.amount < 0 ? "-" : ""
    return switch (language, money.currency) {
    case (.english, .won): "\(sign)₩\(digits)"
    case (.english, .dollar): "\(sign)$\(digits)"
    case (.korean, .won): "\(sign)\(digits)원"
    case (.korean, .dollar): "\(sign)US$\(digits)"
    }
  }
}
