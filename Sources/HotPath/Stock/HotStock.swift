public import Domain

/// An account of stock as one loop's hot path sees it. Loop-confined.
public final class HotStock {
  public let sku: SKU
  let stockKey: [UInt8]
  let boughtKey: [UInt8]
  /// The batch that it was given ``number`` in.
  var batch = 0
  /// Its place among the accounts of that batch, from 1.
  var number = 0

  init(scope: StockScope, sku: SKU, keys: CellKeys) {
    self.sku = sku
    stockKey = keys.stock(scope, sku)
    boughtKey = keys.bought(scope, sku)
  }
}
