/// A product with its SKUs and what they cost.
public struct CatalogProduct: Sendable, Equatable {
  public let product: Product
  /// By their names.
  public let units: [CatalogUnit]

  public init(product: Product, units: [CatalogUnit]) {
    self.product = product
    self.units = units
  }

  /// The SKUs that have a price in a market.
  public func units(in market: Market) -> [CatalogUnit] {
    units.filter { $0.prices[market] != nil }
  }
}

/// A SKU of a product.
public struct CatalogUnit: Sendable, Equatable {
  public let sku: SKU
  public let name: String
  public let prices: [Market: CatalogPrice]

  public init(sku: SKU, name: String, prices: [Market: CatalogPrice]) {
    self.sku = sku
    self.name = name
    self.prices = prices
  }
}
