public import Domain

/// A SKU as an operator asks for it.
public struct SKUDraft: Sendable, Equatable {
  public var sku: SKU
  public var product: Identifier
  public var name: String
  public var prices: [Market: Money]

  public init(sku: SKU, product: Identifier, name: String, prices: [Market: Money]) {
    self.sku = sku
    self.product = product
    self.name = name
    self.prices = prices
  }
}

/// What an operator wants changed of a SKU; `nil` leaves a part as it is.
public struct SKUChange: Sendable, Equatable {
  public var name: String?
  /// Markets that are not named keep their price.
  public var prices: [Market: Money]

  public init(name: String? = nil, prices: [Market: Money] = [:]) {
    self.name = name
    self.prices = prices
  }
}
