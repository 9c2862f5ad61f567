public import Domain
public import Postgres

/// A tenant's products, what of them can be counted and sold (SKUs), and what that costs.
public struct ProductStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A product.
  public struct Product: Sendable, Equatable {
    public let id: Identifier
    public let name: String
    public let createdAt: Instant
    public let updatedAt: Instant
  }

  /// Adds a product.
  public func insert(
    _ id: Identifier, name: String, of tenant: TenantID, by user: UserID
  ) async throws(PostgresError) -> Product {
    let rows = try await pool.query(
      Self.insertStatement,
      [
        .text(tenant.description), .uuid(id.uuid), .text(name), .text(user.description),
      ])
    return try Self.product(rows[0])
  }

  /// Renames a product; `nil` when there is none of this id.
  public func rename(
    _ id: Identifier, to name: String, of tenant: TenantID
  ) async throws(PostgresError) -> Product? {
    let rows = try await pool.query(
      Self.renameStatement, [.text(tenant.description), .uuid(id.uuid), .text(name)])
    return rows.isEmpty ? nil : try Self.product(rows[0])
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
    Product(
      id: try row.identifier("product_id"), name: try row.decode("name"),
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
  }

  /// Adds a SKU or renames it, and sets its prices in the markets given; other markets keep theirs.
  /// Stock that is sold without a sale is sold at the new price from the moment that its cell knows it.
  public func put(
    _ sku: SKU, of product: Identifier, name: String, prices: [Market: Money], tenant: TenantID,
    by user: UserID
  ) async throws(PostgresError) -> PutOutcome {
    let prices = prices.sorted { $0.key.description < $1.key.description }
    let rows: PostgresRows
    do throws(PostgresError) {
      rows = try await pool.query(
        Self.putStatement,
        [
          .text(tenant.description), .text(sku.description), .uuid(product.uuid), .text(name),
          .text(user.description), .array(prices.map(\.key.description)),
          .array(prices.map(\.value.currency.rawValue)), .array(prices.map(\.value.amount)),
        ])
    } catch {
      if error.sqlState == Self.foreignKeyViolation { return .unknownProduct }
      throw error
    }
    guard try rows[0].decode(0, as: Bool.self) else { return .otherProduct }
    let units = try await units([sku], of: tenant)
    guard let unit = units.first else {
      throw .decoding(column: "sku", reason: "is gone although SKUs stay")
    }
    return .put(unit)
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
      name: try row.decode("name"), prices: prices, createdAt: try row.instant("created_at"),
      updatedAt: try row.instant("updated_at"))
  }
}
