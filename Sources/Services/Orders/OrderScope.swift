public import Domain
public import HotPath

/// Where orders of one scope are decided, a sale's or the open stock's of a market, as one loop knows
/// it. Loop-confined.
public final class OrderScope {
  public let cell: CellRuntime
  public let hot: HotSale
  public internal(set) var acknowledgement: Acknowledgement
  /// What response fields say of the rate policy, if there is one.
  public private(set) var rateFields: RateFields?
  /// The waiting room that one must have come through.
  public internal(set) var room: Identifier?

  init(
    cell: CellRuntime, hot: HotSale, acknowledgement: Acknowledgement = .hot,
    ratePolicy: RatePolicy? = nil, room: Identifier? = nil
  ) {
    self.cell = cell
    self.hot = hot
    self.acknowledgement = acknowledgement
    rateFields = ratePolicy.map { RateFields($0) }
    self.room = room
  }

  func change(ratePolicy: RatePolicy?) {
    hot.change(ratePolicy: ratePolicy)
    rateFields = ratePolicy.map { RateFields($0) }
  }

  /// The sale; nil for the open stock.
  public var sale: Identifier? { hot.scope.sale }

  public var market: Market { hot.market }
}
