/// A sum in minor units of a currency, or of points.
public struct Money: Hashable, Sendable {
  /// Minor units; negative for what is owed.
  public let amount: Int
  public let currency: Currency

  public init(amount: Int, currency: Currency) {
    self.amount = amount
    self.currency = currency
  }
}
