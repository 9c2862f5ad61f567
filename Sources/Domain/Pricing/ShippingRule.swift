/// What shipping costs in a market: a fee, or nothing from a sum on.
public struct ShippingRule: Hashable, Sendable {
  public let fee: Int
  /// Goods after the discount from which on shipping is free; nil for never.
  public let freeFrom: Int?
  /// What both are minor units of; an order in another currency has no fee.
  public let currency: Currency

  public init(fee: Int, freeFrom: Int?, currency: Currency) {
    self.fee = fee
    self.freeFrom = freeFrom
    self.currency = currency
  }

  /// Minor units of `currency` for shipping goods that cost `amount`.
  func fee(for amount: Int, in currency: Currency) -> Int {
    guard currency == self.currency else { return 0 }
    if let freeFrom, amount >= freeFrom { return 0 }
    return fee
  }
}
