import Domain
import TestSupport

@testable import API
@testable import Services

/// Opens a shop with 20 pieces of a at 1000 and of b at 500.
func withGoods<Result: Sendable>(
  markets: MarketBook = .empty, _ body: @escaping @Sendable (Shop) async throws -> Result
) async throws -> Result {
  try await withShop(markets: markets) { shop in
    try await shop.stock("a", 20)
    try await shop.stock("b", 20, price: 500)
    return try await body(shop)
  }
}

/// Minor units of one of an order's amounts; nil where it has none.
func amount(_ order: JSONValue?, _ name: String) -> Int? {
  order?[name]?["amount"]?.integer
}
