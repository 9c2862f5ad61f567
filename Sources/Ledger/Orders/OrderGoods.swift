public import Domain
public import Postgres

/// What the goods of an order are, for the rules of a coupon.
public struct OrderGoods {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A SKU's product, and what it costs in some stock.
  public struct Unit: Sendable, Equatable {
    public let product: Identifier
    /// The price of one piece; nil where there is no such stock.
    public let price: Money?
  }

  private static let unitsStatement = Statement(
    "order_goods",
    """
    select s.sku, s.product_id, a.price, a.currency
      from spillway.skus s left join spillway.stock_accounts a on a.tenant_id = s.tenant_id
        and a.cell = $3 and a.scope = $4 and a.sku = s.sku
     where s.tenant_id = $1 and s.sku = any($2)
    """)

  private static let categoriesStatement = Statement(
    "order_goods_categories",
    """
    select c.product_id, array_agg(distinct line.slug) as categories
      from spillway.product_categories c,
        lateral spillway.category_line(c.tenant_id, c.category) as line (slug)
     where c.tenant_id = $1 and c.product_id = any($2) group by c.product_id
    """)

  /// The SKUs that the ledger has, with what they cost in the stock of `scope` in `cell`.
  public func units(
    _ skus: [SKU], in scope: StockScope, cell: CellName, of tenant: TenantID
  ) async throws(PostgresError) -> [SKU: Unit] {
    let rows = try await pool.query(
      Self.unitsStatement,
      [
        .text(tenant.description), .array(skus.map(\.description)), .text(cell.text),
        .uuid(scope.stored),
      ])
    var units: [SKU: Unit] = [:]
    for row in rows {
      var price: Money?
      if let amount = try row.decode("price", as: Int?.self) {
        price = Money(amount: amount, currency: try row.choice("currency"))
      }
      units[try row.word("sku")] = Unit(product: try row.identifier("product_id"), price: price)
    }
    return units
  }

  /// The categories of products, with all that they are parts of.
  public func categories(
    of products: [Identifier], tenant: TenantID
  ) async throws(PostgresError) -> [Identifier: Set<CategorySlug>] {
    let rows = try await pool.query(
      Self.categoriesStatement, [.text(tenant.description), .array(products.map(\.uuid))])
    var categories: [Identifier: Set<CategorySlug>] = [:]
    for row in rows {
      categories[try row.identifier("product_id")] = Set(
        try row.decode("categories", as: [String].self).compactMap { CategorySlug($0) })
    }
    return categories
  }
}
