public import Domain
public import Postgres

/// Where goods lie, and how many at each place.
public struct LocationStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A place where goods lie.
  public struct Location: Sendable, Equatable {
    public let id: Identifier
    public let market: Market
    public var name: String
    /// Goods are taken from the lowest first.
    public var priority: Int
    /// Takes what comes in without a word where to; one in each market does.
    public var isDefault: Bool
    /// Another is taken from as long as one is.
    public var isActive: Bool
    public let createdAt: Instant
    public let updatedAt: Instant
  }

  /// What of a SKU lies at a place.
  public struct Holding: Sendable, Equatable {
    public let location: Identifier
    public let market: Market
    public let name: String
    /// Pieces, those among them that are reserved or paid for and not shipped.
    public let quantity: Int
  }

  /// Adds a location; it is the market's default if that has none.
  ///
  /// - Returns: nil when the market has one of that name.
  public func insert(
    _ id: Identifier, name: String, market: Market, priority: Int, of tenant: TenantID,
    by user: UserID
  ) async throws(PostgresError) -> Location? {
    let rows = try await pool.query(
      Self.insertStatement,
      [
        .text(tenant.description), .uuid(id.uuid), .text(market.description), .text(name),
        .int8(Int64(priority)), .text(user.description),
      ])
    return rows.isEmpty ? nil : try Self.location(rows[0])
  }

  /// How a change of a location ended.
  public enum Change: Sendable, Equatable {
    case changed(Location)
    case notFound
    /// Another location of the market has the name.
    case nameTaken
    /// The market's default stays in use, and stays the default until another one is.
    case isDefault
  }

  /// Changes the parts of a location that are named.
  ///
  /// - Parameter isDefault: makes it its market's default, instead of the one that was.
  public func change(
    _ id: Identifier, name: String?, priority: Int?, isActive: Bool?, isDefault: Bool,
    of tenant: TenantID
  ) async throws(PostgresError) -> Change {
    do {
      return try await pool.transaction { transaction in
        let key: [PostgresValue] = [.text(tenant.description), .uuid(id.uuid)]
        if isDefault { _ = try await transaction.query(Self.yieldStatement, key) }
        let rows = try await transaction.query(
          Self.changeStatement,
          key + [
            .optional(name), .optional(priority.map(Int64.init)), .optional(isActive),
            .bool(isDefault),
          ])
        return rows.isEmpty ? .notFound : .changed(try Self.location(rows[0]))
      }
    } catch let error as PostgresError {
      switch error.sqlState {
      case Self.uniqueViolation: return .nameTaken
      case Self.checkViolation: return .isDefault
      default: throw error
      }
    } catch {
      preconditionFailure("a transaction ends with an error of its body or of Postgres")
    }
  }

  /// One location of a tenant; nil when there is none of this id.
  public func find(_ id: Identifier, of tenant: TenantID) async throws(PostgresError) -> Location? {
    let rows = try await pool.query(
      Self.findStatement, [.text(tenant.description), .uuid(id.uuid)])
    return rows.isEmpty ? nil : try Self.location(rows[0])
  }

  /// A tenant's locations, or a market's, newest first, before the location `cursor`.
  public func list(
    of tenant: TenantID, market: Market?, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [Location] {
    let rows = try await pool.query(
      Self.listStatement,
      [
        .text(tenant.description), .optional(market?.description),
        .uuid((cursor ?? .last).uuid), .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try Self.location(row) }
  }

  /// What of a SKU lies where, by market and in the order in which it is taken; places where it never lay are
  /// left out.
  public func holdings(
    of sku: SKU, tenant: TenantID
  ) async throws(PostgresError) -> [Holding] {
    let rows = try await pool.query(
      Self.holdingsStatement, [.text(tenant.description), .text(sku.description)])
    return try rows.map { row throws(PostgresError) in
      Holding(
        location: try row.identifier("location_id"), market: try row.word("market"),
        name: try row.decode("name"), quantity: try row.decode("quantity"))
    }
  }

  private static func location(_ row: PostgresRow) throws(PostgresError) -> Location {
    Location(
      id: try row.identifier("location_id"), market: try row.word("market"),
      name: try row.decode("name"), priority: try row.decode("priority"),
      isDefault: try row.decode("is_default"), isActive: try row.decode("is_active"),
      createdAt: try row.instant("created_at"), updatedAt: try row.instant("updated_at"))
  }
}
