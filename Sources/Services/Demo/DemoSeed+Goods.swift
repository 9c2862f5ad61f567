internal import Domain
internal import Ledger
internal import Postgres

extension DemoSeed {
  /// A SKU of the demo shop.
  struct Goods: Sendable {
    let sku: SKU
    let name: String
    /// Minor units of KRW for one piece without a sale, and in it.
    let price: Int
    let salePrice: Int
    /// Pieces that the shop has, and those of them that the sale gets.
    let quantity: Int
    let saleQuantity: Int
  }

  static let goods = [
    Goods(
      sku: SKU("runner-white-270")!, name: "Runner, white, 270 mm", price: 129_000,
      salePrice: 99_000, quantity: 1_000, saleQuantity: 400),
    Goods(
      sku: SKU("runner-black-270")!, name: "Runner, black, 270 mm", price: 129_000,
      salePrice: 99_000, quantity: 1_000, saleQuantity: 400),
    Goods(
      sku: SKU("runner-black-280")!, name: "Runner, black, 280 mm", price: 139_000,
      salePrice: 109_000, quantity: 500, saleQuantity: 200),
  ]

  static let productID = Identifier(
    high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0011)

  /// Adds a product with its SKUs and their stock, and a sale of them that is open.
  static func plantGoods(
    in pool: PostgresPool, now: Instant, by user: UserID
  ) async throws(PostgresError) {
    guard let market = Market(tenant.defaultMarket),
      let cell = CellName.shared(by: tenant.id, market: tenant.defaultMarket)
    else { return }
    let products = ProductStore(pool: pool)
    if try await products.find(productID, of: tenant.id) == nil {
      _ = try await products.insert(productID, name: "Runner", of: tenant.id, by: user)
    }
    for (position, goods) in goods.enumerated() {
      try await plant(goods, position, in: pool, market, cell, by: user)
    }
    let sales = SaleStore(pool: pool)
    guard try await sales.find(saleID, of: tenant.id) == nil else { return }
    let sale = Sale(
      id: saleID, tenant: tenant.id, market: market, cell: cell, name: "Opening sale",
      terms: SaleTerms(opensAt: now, closesAt: now + life),
      items: goods.map { goods in
        SaleItem(
          sku: goods.sku, quantity: goods.saleQuantity,
          price: Money(amount: goods.salePrice, currency: .won), perUserLimit: 2)
      }, acknowledgement: .hot)
    _ = try await sales.insert(sale, from: cell, by: user)
  }

  private static func plant(
    _ goods: Goods, _ position: Int, in pool: PostgresPool, _ market: Market, _ cell: CellName,
    by user: UserID
  ) async throws(PostgresError) {
    let products = ProductStore(pool: pool)
    if try await products.units([goods.sku], of: tenant.id).isEmpty {
      _ = try await products.put(
        goods.sku, of: productID, name: goods.name,
        prices: [market: Money(amount: goods.price, currency: .won)], tenant: tenant.id, by: user)
    }
    // Always the same, so that the stock comes in once.
    let receipt = Identifier(
      high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0021 + UInt64(position))
    let stock = StockStore(pool: pool)
    guard try await stock.movement(receipt, of: tenant.id) == nil else { return }
    _ = try await stock.adjust(
      StockStore.Adjustment(
        id: receipt, kind: .receipt, sku: goods.sku, market: market, cell: cell,
        change: goods.quantity, reason: "demo", user: user), of: tenant.id)
  }
}
