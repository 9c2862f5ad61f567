public import Domain
public import HotPath

/// Where orders of one scope are decided, a sale's or the open stock's of a market, as one loop knows
/// it. Loop-confined.
public final class OrderScope {
  public let cell: CellRuntime
  public let hot: HotSale
  public internal(set) var acknowledgement: Acknowledgement
  /// The rate policy, if there is one.
  public private(set) var rate: ResourceRate?
  /// The waiting room that one must have come through.
  public internal(set) var room: Identifier?
  /// What the market asks of orders, and the same as their word.
  public let terms: OrderTerms
  public let termsWord: String

  init(
    cell: CellRuntime, hot: HotSale, acknowledgement: Acknowledgement = .hot,
    ratePolicy: RatePolicy? = nil, room: Identifier? = nil, terms: OrderTerms
  ) {
    self.cell = cell
    self.hot = hot
    self.acknowledgement = acknowledgement
    rate = ratePolicy.map { ResourceRate($0, refusals: cell.refusals) }
    self.room = room
    self.terms = terms
    termsWord = terms.description
    precondition(OrderTermsWord.isValid(termsWord.utf8), "terms are one word")
  }

  func change(ratePolicy: RatePolicy?) {
    hot.change(ratePolicy: ratePolicy)
    rate = ratePolicy.map { ResourceRate($0, refusals: cell.refusals) }
  }

  /// The sale; nil for the open stock.
  public var sale: Identifier? { hot.scope.sale }

  public var market: Market { hot.market }
}
