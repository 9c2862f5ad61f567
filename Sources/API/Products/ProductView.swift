internal import Domain
internal import Ledger
internal import Services

/// Writes products and SKUs as operators see them.
enum ProductView {
  static func product(_ product: ProductStore.Product) -> JSONValue {
    [
      "product_id": "\(product.id)",
      "name": .string(product.name),
      "status": .string(product.status.rawValue),
      "texts": .object(texts(product.texts)),
      "categories": .array(product.categories.map { "\($0)" }),
      "created_at": "\(product.createdAt)",
      "updated_at": "\(product.updatedAt)",
    ]
  }

  private static func texts(_ texts: LocalizedTexts<ProductText>) -> JSONObject {
    var object = JSONObject()
    for language in texts.languages {
      guard let text = texts[language] else { continue }
      object[language.rawValue] = [
        "name": .string(text.name), "description": .string(text.description),
      ]
    }
    return object
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
      "sale_prices": .array(salePrices(unit)),
      "created_at": "\(unit.createdAt)",
      "updated_at": "\(unit.updatedAt)",
    ]
  }

  private static func salePrices(_ unit: ProductStore.StockUnit) -> [JSONValue] {
    unit.salePrices.sorted { $0.key.description < $1.key.description }.flatMap { market, sales in
      sales.map { sale in
        [
          "market": "\(market)", "amount": .integer(sale.amount),
          "currency": JSONValue(unit.prices[market]?.currency.rawValue),
          "starts_at": "\(sale.startsAt)", "ends_at": "\(sale.endsAt)",
        ]
      }
    }
  }

  static func popular(_ entry: PopularityService.Entry, in language: Language) -> JSONValue {
    [
      "product_id": "\(entry.product.id)", "name": .string(entry.product.text(in: language).name),
      "quantity": .integer(entry.quantity),
    ]
  }
}
