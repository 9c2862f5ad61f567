/// Pieces at a price: all that totals need to know of an order's line.
public struct PricedLine: Hashable, Sendable {
  /// Pieces.
  public let quantity: Int
  /// Minor units of the order's currency for one piece.
  public let unitPrice: Int

  public init(quantity: Int, unitPrice: Int) {
    self.quantity = quantity
    self.unitPrice = unitPrice
  }

  /// What `line` is to totals.
  public init(_ line: OrderLine) {
    self.init(quantity: line.quantity, unitPrice: line.unitPrice)
  }

  /// Minor units for all pieces; nil where they are negative or leave 64 bits.
  var amount: Int? {
    guard quantity >= 0, unitPrice >= 0 else { return nil }
    let (amount, isTooLarge) = quantity.multipliedReportingOverflow(by: unitPrice)
    return isTooLarge ? nil : amount
  }
}
