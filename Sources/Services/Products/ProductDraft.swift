public import Domain

/// A SKU as an operator asks for it.
public struct SKUDraft: Sendable, Equatable {
  public var sku: SKU
  public var product: Identifier
  public var name: String
  public var prices: [Market: Money]
  /// Markets that it loses its price in, with its sale prices there.
  public var withdrawn: Set<Market>
  /// Those of one market do not overlap. `nil` leaves them as they are.
  public var salePrices: [SalePriceDraft]?

  public init(
    sku: SKU, product: Identifier, name: String, prices: [Market: Money],
    withdrawn: Set<Market> = [], salePrices: [SalePriceDraft]? = nil
  ) {
    self.sku = sku
    self.product = product
    self.name = name
    self.prices = prices
    self.withdrawn = withdrawn
    self.salePrices = salePrices
  }
}

/// What a SKU is to cost for a while.
public struct SalePriceDraft: Sendable, Equatable {
  public var market: Market
  /// The one of the price in this market.
  public var currency: Currency
  public var price: SalePrice

  public init(market: Market, currency: Currency, price: SalePrice) {
    self.market = market
    self.currency = currency
    self.price = price
  }
}

/// What an operator wants changed of a SKU; `nil` leaves a part as it is.
public struct SKUChange: Sendable, Equatable {
  public var name: String?
  /// Markets that are not named keep their price.
  public var prices: [Market: Money]
  /// Markets that it loses its price in, with its sale prices there.
  public var withdrawn: Set<Market>
  /// All that it is to have from now on.
  public var salePrices: [SalePriceDraft]?

  public init(
    name: String? = nil, prices: [Market: Money] = [:], withdrawn: Set<Market> = [],
    salePrices: [SalePriceDraft]? = nil
  ) {
    self.name = name
    self.prices = prices
    self.withdrawn = withdrawn
    self.salePrices = salePrices
  }
}
