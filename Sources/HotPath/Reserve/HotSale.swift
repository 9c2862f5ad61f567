public import Domain

/// What orders of one scope are reserved from, a sale or the open stock of a market, as one loop's hot
/// path sees it. Loop-confined.
public final class HotSale {
  /// Accounts that are remembered; beyond, the memory starts afresh. Whoever asks for names that do not
  /// exist must not fill it.
  public static let maximumStocks = 10_000

  public let scope: StockScope
  /// The market that its orders belong to.
  public let market: Market
  /// How long a reservation lasts.
  public var reservationMilliseconds: Int
  /// Whose requests a rate policy counts together; `nil` without a policy.
  private(set) var rateScope: RatePolicy.Scope?

  let keys: CellKeys
  let saleKey: [UInt8]
  let scopeText: [UInt8]
  let sharedRateKey: [UInt8]
  /// Counts the batches, so that an account knows whether its number is of this one.
  var batches = 0

  private var stocks: [SKU: HotStock] = [:]
  private var last: HotStock?

  public init(
    scope: StockScope, market: Market, keys: CellKeys, reservationMilliseconds: Int,
    ratePolicy: RatePolicy? = nil
  ) {
    self.scope = scope
    self.market = market
    self.keys = keys
    self.reservationMilliseconds = reservationMilliseconds
    rateScope = ratePolicy?.scope
    saleKey = keys.sale(scope)
    scopeText = Array(scope.description.utf8)
    sharedRateKey = keys.rate(scope.sale ?? Identifier(high: 0, low: 0), user: nil)
  }

  /// Takes a changed rate policy.
  public func change(ratePolicy: RatePolicy?) { rateScope = ratePolicy?.scope }

  /// The account of a SKU, whether the cell knows it or not; nil when the bytes are no SKU's name.
  public func stock(_ name: UnsafeRawBufferPointer) -> HotStock? {
    // In a flash sale everybody asks for the same.
    if let last, last.sku.description.utf8.elementsEqual(name) { return last }
    return SKU(bytes: name).map(stock)
  }

  /// The account of a SKU, whether the cell knows it or not.
  public func stock(_ sku: SKU) -> HotStock {
    if let last, last.sku == sku { return last }
    if let known = stocks[sku] {
      last = known
      return known
    }
    if stocks.count >= Self.maximumStocks { forgetStocks() }
    let stock = HotStock(sale: self, sku: sku)
    stocks[sku] = stock
    last = stock
    return stock
  }

  /// Accounts that are asked for again are then other objects for the same keys.
  func forgetStocks() {
    stocks.removeAll(keepingCapacity: true)
    last = nil
  }
}
