internal import Domain

extension CatalogProduct {
  /// About so many bytes it takes in memory: its texts, and what a SKU, a price and a sale price take besides.
  var size: Int {
    var size = 500 + product.name.utf8.count
    for language in Language.allCases {
      let text = product.text(in: language)
      size += text.name.utf8.count + text.description.utf8.count
    }
    size += product.categories.count * 50
    for unit in units {
      size += 250 + unit.name.utf8.count
      for price in unit.prices.values { size += 150 + price.sales.count * 50 }
    }
    return size
  }
}
