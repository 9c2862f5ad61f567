internal import Domain
internal import Ledger
internal import Services

/// Writes products and SKUs as operators see them.
enum ProductView {
  static func product(_ product: ProductStore.Product) -> JSONValue {
    [
      "product_id": "\(product.id)",
      "name": .string(product.name),
      "created_at": "\(product.createdAt)",
      "updated_at": "\(product.updatedAt)",
    ]
  }

  static func sku(_ unit: ProductStore.StockUnit) -> JSONValue {
    let prices = unit.prices.sorted { $0.key.description < $1.key.description }
    return [
      "sku": "\(unit.sku)",
      "product_id": "\(unit.product)",
      "name": .string(unit.name),
      "prices": .array(
        prices.map { market, price in
          [
            "market": "\(market)", "amount": .integer(price.amount),
            "currency": .string(price.currency.rawValue),
          ]
        }),
      "created_at": "\(unit.createdAt)",
      "updated_at": "\(unit.updatedAt)",
    ]
  }

  static func popular(_ entry: PopularityService.Entry) -> JSONValue {
    [
      "product_id": "\(entry.product)", "name": .string(entry.name),
      "quantity": .integer(entry.quantity),
    ]
  }
}
