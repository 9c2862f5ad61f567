/// What a customer gets for a paid order.
public struct Receipt: Sendable, Equatable {
  public let seller: String
  public let order: Identifier
  public let paidAt: Instant
  public let currency: Currency
  public let lines: [OrderLine]
  public let totals: OrderTotals
  /// Until when goods may be returned; nil for no end.
  public let returnable: Instant?
  /// Minutes that clocks of the market are ahead of UTC.
  public let utcOffset: Int

  public init(
    seller: String, order: Identifier, paidAt: Instant, currency: Currency, lines: [OrderLine],
    totals: OrderTotals, returnable: Instant?, utcOffset: Int
  ) {
    self.seller = seller
    self.order = order
    self.paidAt = paidAt
    self.currency = currency
    self.lines = lines
    self.totals = totals
    self.returnable = returnable
    self.utcOffset = utcOffset
  }
}
