/// Writes numbers as people read them. English and Korean part thousands alike.
public enum NumberText {
  /// `1234567` as `1,234,567`.
  public static func grouped(_ number: Int) -> String {
    decimal(number, fractionDigits: 0)
  }

  /// `1234567` hundredths as `12,345.67`.
  ///
  /// - Parameter fractionDigits: digits of `number` that stand behind the point.
  static func decimal(_ number: Int, fractionDigits: Int) -> String {
    var digits = String(number.magnitude)
    if digits.count <= fractionDigits {
      digits = String(repeating: "0", count: fractionDigits + 1 - digits.count) + digits
    }
    let fraction = digits.suffix(fractionDigits)
    let whole = Array(digits.dropLast(fractionDigits))
    var text = number < 0 ? "-" : ""
    for (place, digit) in whole.enumerated() {
      if place > 0, (whole.count - place).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return fraction.isEmpty ? text : "\(text).\(fraction)"
  }
}
