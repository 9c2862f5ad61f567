public import Domain
public import Postgres

/// A tenant's products, what of them can be counted and sold (SKUs), and what that costs.
public struct ProductStore {
  private let pool: PostgresPool

  public typealias Product = Domain.Product

  public init(pool: PostgresPool) { self.pool = pool }

  /// Adds a product without texts, which is shown as soon as one of its SKUs has a price.
  public func insert(
    _ id: Identifier, name: String, of tenant: TenantID, by user: UserID
  ) async throws(PostgresError) -> Product {
    guard
      let product = try await put(id, ProductParts(name: name), isNew: true, of: tenant, by: user)
    else { throw .decoding(column: "product_id", reason: "is gone although products stay") }
    return product
  }

  /// What of a product is written; `nil` leaves a part as it is.
  public struct ProductParts: Sendable, Equatable {
    public var name: String?
    public var status: ProductStatus?
    /// A language without a text is taken out; those that are not named stay.
    public var texts: [Language: ProductText?]
    /// All that it is to stand in.
    public var categories: [CategorySlug]?

    public init(
      name: String? = nil, status: ProductStatus? = nil, texts: [Language: ProductText?] = [:],
      categories: [CategorySlug]? = nil
    ) {
      self.name = name
      self.status = status
      self.texts = texts
      self.categories = categories
    }
  }

  /// Adds a product, which then needs a name, or changes one.
  ///
  /// - Returns: the product; `nil` when it is to be changed and is not there.
  /// - Throws: a foreign key violation when there is no such category.
  public func put(
    _ id: Identifier, _ parts: ProductParts, isNew: Bool, of tenant: TenantID, by user: UserID
  ) async throws(PostgresError) -> Product? {
    let texts = parts.texts.sorted { $0.key.rawValue < $1.key.rawValue }
    let categories: PostgresValue =
      parts.categories.map { .array($0.map(\.description)) } ?? .null()
    let rows = try await pool.query(
      Self.putProductStatement,
      [
        .text(tenant.description), .uuid(id.uuid), .bool(isNew), .text(user.description),
        .optional(parts.name), .optional(parts.status?.rawValue),
        .array(texts.map(\.key.rawValue)), .array(texts.map { $0.value?.name }),
        .array(texts.map { $0.value?.description }), categories,
      ])
    guard try rows[0].decode(0, as: Bool.self) else { return nil }
    return try await find(id, of: tenant)
  }

  /// One product of a tenant; `nil` when there is none of this id.
  public func find(_ id: Identifier, of tenant: TenantID) async throws(PostgresError) -> Product? {
    try await find([id], of: tenant).first
  }

  /// The products of these ids, by id; those that do not exist are left out.
  public func find(
    _ ids: [Identifier], of tenant: TenantID
  ) async throws(PostgresError) -> [Product] {
    let rows = try await pool.query(
      Self.findStatement, [.text(tenant.description), .array(ids.map(\.uuid))])
    return try rows.map { row throws(PostgresError) in try Self.product(row) }
  }

  /// A tenant's products, newest first, before the product `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [Product] {
    let rows = try await pool.query(
      Self.listStatement,
      [.text(tenant.description), .uuid((cursor ?? .last).uuid), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try Self.product(row) }
  }

  private static func product(_ row: PostgresRow) throws(PostgresError) -> Product {
    let names = try row.decode("names", as: [String].self)
    let descriptions = try row.decode("descriptions", as: [String].self)
    var texts = LocalizedTexts<ProductText>()
    for (index, word) in try row.decode("languages", as: [String].self).enumerated() {
      guard let language = Language(rawValue: word) else {
        throw .decoding(column: "languages", reason: "holds what no version wrote")
      }
      texts[language] = ProductText(name: names[index], description: descriptions[index])
    }
    return Product(
      id: try row.identifier("product_id"), name: try row.decode("name"),
      status: try row.choice("status"), texts: texts,
      categories: try row.decode("categories", as: [String].self).compactMap(CategorySlug.init),
      createdAt: try row.instant("created_at"), updatedAt: try row.instant("updated_at"))
  }

  // MARK: SKUs

  /// A SKU with its prices.
  public struct StockUnit: Sendable, Equatable {
    public let sku: SKU
    public let product: Identifier
    public let name: String
    /// What one piece costs where it is sold without a sale.
    public let prices: [Market: Money]
    /// What it costs for a while; those that are not over, by their beginnings.
    public let salePrices: [Market: [SalePrice]]
    public let createdAt: Instant
    public let updatedAt: Instant
  }

  /// How a SKU was put.
  public enum PutOutcome: Sendable, Equatable {
    case put(StockUnit)
    /// There is no product of this id.
    case unknownProduct
    /// The SKU is there and belongs to another product; it stays there.
    case otherProduct
    /// It is there, although it was to be a new one; it stays as it is.
    case exists
  }

  /// Adds a SKU or renames it, and sets its prices in the markets given; other markets keep theirs.
  /// Stock that is sold without a sale is sold at the new price from the moment that its cell knows it.
  ///
  /// - Parameters:
  ///   - name: nil for a SKU that is there and keeps its name.
  ///   - isNew: whether it must not be there yet.
  ///   - withdrawn: markets that it loses its price in, with its sale prices there: it is not sold in them
  ///     any more, unless by a sale. None of them is among `prices`.
  ///   - salePrices: all that the SKU is to have, in markets that it has a price in, those of a market
  ///     without overlaps; `nil` leaves them as they are.
  public func put(
    _ sku: SKU, of product: Identifier, name: String?, isNew: Bool = false,
    prices: [Market: Money], withdrawn: Set<Market> = [],
    salePrices: [Market: [SalePrice]]? = nil, tenant: TenantID, by user: UserID
  ) async throws(PostgresError) -> PutOutcome {
    let wanted = prices.mapValues(Money?.some)
      .merging(withdrawn.map { ($0, Money?.none) }) { price, _ in price }
    let prices = wanted.sorted { $0.key.description < $1.key.description }
    let sales = salePrices.map { all in all.flatMap { market, sales in sales.map { (market, $0) } }
    }
    let values: [PostgresValue] = [
      .text(tenant.description), .text(sku.description), .uuid(product.uuid), .optional(name),
      .text(user.description), .array(prices.map(\.key.description)),
      .array(prices.map(\.value?.currency.rawValue)), .array(prices.map(\.value?.amount)),
    ]
    let rows: PostgresRows
    do throws(PostgresError) {
      rows = try await pool.query(
        Self.putUnitStatement(isNew: isNew, hasSales: sales != nil),
        values + (sales.map(Self.values) ?? []))
    } catch {
      if error.sqlState == Self.foreignKeyViolation { return .unknownProduct }
      throw error
    }
    guard let row = rows.first else { return .exists }
    guard try row.decode(0, as: Bool.self) else { return .otherProduct }
    let units = try await units([sku], of: tenant)
    guard let unit = units.first else {
      throw .decoding(column: "sku", reason: "is gone although SKUs stay")
    }
    return .put(unit)
  }

  private static func putUnitStatement(isNew: Bool, hasSales: Bool) -> Statement {
    switch (isNew, hasSales) {
    case (true, false): addUnitStatement
    case (true, true): addUnitWithSalesStatement
    case (false, false): putUnitStatement
    case (false, true): putUnitWithSalesStatement
    }
  }

  private static func values(_ sales: [(Market, SalePrice)]) -> [PostgresValue] {
    [
      .array(sales.map(\.0.description)), .array(sales.map(\.1.amount)),
      .array(sales.map(\.1.startsAt.milliseconds)), .array(sales.map(\.1.endsAt.milliseconds)),
    ]
  }

  /// The SKUs of these names, by name; those that do not exist are left out.
  public func units(
    _ skus: [SKU], of tenant: TenantID
  ) async throws(PostgresError) -> [StockUnit] {
    let rows = try await pool.query(
      Self.unitsStatement, [.text(tenant.description), .array(skus.map(\.description))])
    return try rows.map { row throws(PostgresError) in try Self.unit(row) }
  }

  /// A tenant's SKUs, or one product's, by name, behind the SKU `cursor`.
  public func units(
    of tenant: TenantID, product: Identifier? = nil, after cursor: SKU?, limit: Int
  ) async throws(PostgresError) -> [StockUnit] {
    let rows = try await pool.query(
      Self.unitListStatement,
      [
        .text(tenant.description), .text(cursor?.description ?? ""), .optional(product?.uuid),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try Self.unit(row) }
  }

  /// The SKUs of these products, by name.
  func units(
    ofProducts products: [Identifier], tenant: TenantID
  ) async throws(PostgresError) -> [StockUnit] {
    let rows = try await pool.query(
      Self.unitsOfProductsStatement, [.text(tenant.description), .array(products.map(\.uuid))])
    return try rows.map { row throws(PostgresError) in try Self.unit(row) }
  }

  private static func unit(_ row: PostgresRow) throws(PostgresError) -> StockUnit {
    let markets = try row.decode("markets", as: [String].self)
    let currencies = try row.decode("currencies", as: [String].self)
    let amounts = try row.decode("amounts", as: [Int].self)
    var prices: [Market: Money] = [:]
    for (index, name) in markets.enumerated() {
      guard let market = Market(name), let currency = Currency(rawValue: currencies[index]) else {
        throw .decoding(column: "sku_prices", reason: "holds what no version wrote")
      }
      prices[market] = Money(amount: amounts[index], currency: currency)
    }
    return StockUnit(
      sku: try row.word("sku"), product: try row.identifier("product_id"),
      name: try row.decode("name"), prices: prices, salePrices: try salePrices(row),
      createdAt: try row.instant("created_at"),
      updatedAt: try row.instant("updated_at"))
  }

  private static func salePrices(_ row: PostgresRow) throws(PostgresError) -> [Market: [SalePrice]]
  {
    let amounts = try row.decode("sale_amounts", as: [Int].self)
    let starts = try row.decode("sale_starts", as: [Int].self)
    let ends = try row.decode("sale_ends", as: [Int].self)
    var sales: [Market: [SalePrice]] = [:]
    for (index, name) in try row.decode("sale_markets", as: [String].self).enumerated() {
      guard let market = Market(name) else {
        throw .decoding(column: "sale_markets", reason: "holds what no version wrote")
      }
      sales[market, default: []].append(
        SalePrice(
          amount: amounts[index], startsAt: Instant(milliseconds: Int64(starts[index])),
          endsAt: Instant(milliseconds: Int64(ends[index]))))
    }
    return sales
  }
}
