public import Domain
public import Postgres

/// Carts as the ledger keeps them. What is in a cart binds nobody: nothing is reserved by it.
public struct CartStore {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A cart with what the ledger knows beside it.
  public struct Record: Sendable, Equatable {
    public let cart: Cart
    /// Rises with each change; 0 for a cart with nothing in it.
    public let version: Int
    /// Nil for a cart with nothing in it.
    public let updatedAt: Instant?
    /// When it is dropped unless it is changed before; nil for a cart with nothing in it.
    public let expiresAt: Instant?

    /// A cart with nothing in it.
    public static let empty = Record(cart: Cart(), version: 0, updatedAt: nil, expiresAt: nil)
  }

  /// A holder's cart; an empty one when there is none.
  public func find(
    _ place: CartPlace, of holder: CartHolder, tenant: TenantID
  ) async throws(PostgresError) -> Record {
    let rows = try await pool.query(Self.findStatement, Self.key(place, holder, tenant))
    return rows.isEmpty ? .empty : try Self.record(rows[0])
  }

  /// Replaces a cart, if `expected` is still its version. One with nothing in it is dropped.
  ///
  /// - Returns: the cart as it is now, or nil when it was changed meanwhile.
  public func save(
    _ cart: Cart, in place: CartPlace, of holder: CartHolder, tenant: TenantID, expected: Int
  ) async throws(PostgresError) -> Record? {
    if cart.isEmpty {
      guard expected > 0 else { return .empty }
      let rows = try await pool.query(
        Self.dropStatement, Self.key(place, holder, tenant) + [.int8(Int64(expected))])
      return rows.affected == 0 ? nil : .empty
    }
    let (statement, values) = Self.saving(cart, place, holder, tenant, expected: expected)
    let rows = try await pool.query(statement, values)
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// Drops up to `limit` carts whose time is over. May be run by several at once.
  ///
  /// - Returns: how many there were.
  public func purge(limit: Int) async throws(PostgresError) -> Int {
    try await pool.query(Self.purgeStatement, [.int8(Int64(limit))]).affected
  }

  // MARK: Guests

  /// The tenants whose guests have more than `bound` carts, and how many these are.
  public func guestCarts(
    above bound: Int
  ) async throws(PostgresError) -> [(tenant: TenantID, count: Int)] {
    let rows = try await pool.query(Self.guestCartsStatement, [.int8(Int64(bound))])
    return try rows.map { row throws(PostgresError) in
      (try row.word("tenant_id"), try row.decode("carts"))
    }
  }

  /// Drops up to `limit` carts of a tenant's guests: those first that were never touched again, and of these the
  /// oldest.
  ///
  /// - Returns: how many there were.
  public func dropGuests(_ limit: Int, of tenant: TenantID) async throws(PostgresError) -> Int {
    try await pool.query(
      Self.dropGuestsStatement, [.text(tenant.description), .int8(Int64(limit))]
    ).affected
  }

  // MARK: Secrets

  /// What a tenant's cookies are signed with, the first secret of several; `fresh` becomes one where there is
  /// none yet.
  public func secrets(
    of tenant: TenantID, orElse fresh: [UInt8]
  ) async throws(PostgresError) -> [[UInt8]] {
    let values: [PostgresValue] = [.text(tenant.description), .bytea(fresh)]
    _ = try await pool.query(Self.makeSecretStatement, values)
    let rows = try await pool.query(Self.secretsStatement, [values[0]])
    return try rows[0].decode("secrets")
  }

  // MARK: Rows

  static func key(
    _ place: CartPlace, _ holder: CartHolder, _ tenant: TenantID
  ) -> [PostgresValue] {
    [
      .text(tenant.description), .text(holder.stored), .text(place.market.description),
      .uuid(place.scope.stored),
    ]
  }

  static func saving(
    _ cart: Cart, _ place: CartPlace, _ holder: CartHolder, _ tenant: TenantID, expected: Int
  ) -> (Statement, [PostgresValue]) {
    let values =
      key(place, holder, tenant) + [
        .array(cart.items.map(\.sku.description)), .array(cart.items.map(\.quantity)),
        .array(cart.items.map(\.price.amount)), .array(cart.items.map(\.price.currency.rawValue)),
        .optional(cart.coupon?.uuid), CellStore.milliseconds(holder.life),
      ]
    return expected == 0
      ? (insertStatement, values) : (updateStatement, values + [.int8(Int64(expected))])
  }

  static func record(_ row: PostgresRow) throws(PostgresError) -> Record {
    Record(
      cart: try cart(row), version: try row.decode("version"),
      updatedAt: try row.instant("updated_at"), expiresAt: try row.instant("expires_at"))
  }

  private static func cart(_ row: PostgresRow) throws(PostgresError) -> Cart {
    let names = try row.decode("skus", as: [String].self)
    let quantities = try row.decode("quantities", as: [Int].self)
    let prices = try row.decode("prices", as: [Int].self)
    let currencies = try row.decode("currencies", as: [String].self)
    var items: [Cart.Item] = []
    for (index, name) in names.enumerated() {
      guard let sku = SKU(name), let currency = Currency(rawValue: currencies[index]) else {
        throw .decoding(column: "skus", reason: "holds what no version wrote")
      }
      items.append(
        Cart.Item(
          sku: sku, quantity: quantities[index],
          price: Money(amount: prices[index], currency: currency)))
    }
    let coupon = try row.decode("coupon_id", as: PostgresUUID?.self)
    return Cart(items: items, coupon: coupon.map(Identifier.init))
  }
}

extension CartHolder {
  /// How the ledger keeps it.
  var stored: String {
    switch self {
    case .member(let user): "m:\(user)"
    case .guest(let id): "g:\(id)"
    }
  }
}
