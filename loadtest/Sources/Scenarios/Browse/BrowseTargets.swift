internal import Domain

/// What a run asks for: each worker draws from it.
struct BrowseTargets: Sendable {
  /// Paths of lists and of searches.
  let lists: [String]
  let searches: [String]
  let products: [Identifier]

  /// Products that half of the looks at a product go to.
  static let popular = 1_000

  init(products: [Identifier]) {
    self.products = products
    let orders = ["popularity", "newest", "price", "-price"]
    lists =
      orders.map { "/v1/products?limit=20&sort=\($0)" }
      + CatalogSeed.categories.flatMap { category in
        orders.map { "/v1/products?limit=20&sort=\($0)&category=\(category)" }
      }
    let words = [
      "white runner", "backpack", "boots 77", "unner 12", "운동화", "하얀 부츠", "동화 55", "배낭 9",
    ]
    searches = words.map { "/v1/products?limit=20&q=\(Self.encoded($0))" }
  }

  private static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
