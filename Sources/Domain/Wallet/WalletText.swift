/// Writes what is in wallets as people read it.
public enum WalletText {
  /// `₩1,200`, `1,200 points`, `1,200 credits of images`; `1,200원`, `1,200포인트`, `images 크레딧 1,200개`.
  ///
  /// - Parameter amount: in minor units.
  public static func text(_ amount: Int, _ unit: WalletUnit, in language: Language) -> String {
    let number = NumberText.grouped(amount)
    return switch (unit, language) {
    case (.currency(let currency), _):
      MoneyText.text(Money(amount: amount, currency: currency), in: language)
    case (.credit(let service), .english):
      "\(number) \(amount == 1 ? "credit" : "credits") of \(service)"
    case (.credit(let service), .korean): "\(service) 크레딧 \(number)개"
    }
  }
}
