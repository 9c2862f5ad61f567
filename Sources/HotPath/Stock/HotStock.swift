public import Domain

/// An account of stock as one loop's hot path sees it. Loop-confined.
public final class HotStock {
  public let sku: SKU
  /// The sale whose account it is: says something only while somebody holds the sale. It is compared for each
  /// order, and an unowned reference would be retained for that.
  let owner: ObjectIdentifier
  let stockKey: [UInt8]
  let boughtKey: [UInt8]
  /// The batch that it was given ``number`` in.
  var batch = 0
  /// Its place among the accounts of that batch, from 1.
  var number = 0

  init(sale: HotSale, sku: SKU) {
    self.sku = sku
    owner = ObjectIdentifier(sale)
    stockKey = sale.keys.stock(sale.scope, sku)
    boughtKey = sale.keys.bought(sale.scope, sku)
  }
}
