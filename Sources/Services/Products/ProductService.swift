public import Domain
internal import EventLoop
public import Ledger
internal import Postgres

/// Products and SKUs as operators manage them. Loop-confined.
public final class ProductService {
  /// Why an operator's wish for a product or a SKU was not met.
  public enum Refusal: Error, Sendable, Equatable {
    /// A field, as the wire names it, and what is wrong with it.
    case invalid(field: String, reason: String)
    case notFound
    /// The SKU is there already.
    case conflict
    /// The ledger could not be asked.
    case unavailable
  }

  private let store: ProductStore
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, clock: WallClock) {
    store = ProductStore(pool: pool)
    self.clock = clock
  }

  // MARK: Products

  public func create(
    _ name: String, of tenant: TenantID, by user: UserID
  ) async throws(Refusal) -> ProductStore.Product {
    let id = identifiers.next(at: clock.now())
    return try await asked { () async throws(PostgresError) in
      try await store.insert(id, name: name, of: tenant, by: user)
    }
  }

  public func rename(
    _ id: Identifier, to name: String, of tenant: TenantID
  ) async throws(Refusal) -> ProductStore.Product {
    let product = try await asked { () async throws(PostgresError) in
      try await store.rename(id, to: name, of: tenant)
    }
    guard let product else { throw .notFound }
    return product
  }

  public func find(
    _ id: Identifier, of tenant: TenantID
  ) async throws(Refusal) -> ProductStore.Product {
    let product = try await asked { () async throws(PostgresError) in
      try await store.find(id, of: tenant)
    }
    guard let product else { throw .notFound }
    return product
  }

  /// A tenant's products, newest first, before the product `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(Refusal) -> [ProductStore.Product] {
    try await asked { () async throws(PostgresError) in
      try await store.list(of: tenant, before: cursor, limit: limit)
    }
  }

  // MARK: SKUs

  /// Adds a SKU to a product.
  public func create(
    _ draft: SKUDraft, of tenant: TenantID, by user: UserID
  ) async throws(Refusal) -> ProductStore.StockUnit {
    guard try await units([draft.sku], of: tenant).isEmpty else { throw .conflict }
    return try await put(draft, of: tenant, by: user)
  }

  /// Changes a SKU's name and the prices of the markets that are named.
  public func change(
    _ sku: SKU, _ change: SKUChange, of tenant: TenantID, by user: UserID
  ) async throws(Refusal) -> ProductStore.StockUnit {
    let known = try await find(sku, of: tenant)
    return try await put(
      SKUDraft(
        sku: sku, product: known.product, name: change.name ?? known.name, prices: change.prices),
      of: tenant, by: user)
  }

  public func find(
    _ sku: SKU, of tenant: TenantID
  ) async throws(Refusal) -> ProductStore.StockUnit {
    guard let unit = try await units([sku], of: tenant).first else { throw .notFound }
    return unit
  }

  /// A tenant's SKUs, or one product's, by name, behind the SKU `cursor`.
  public func list(
    of tenant: TenantID, product: Identifier?, after cursor: SKU?, limit: Int
  ) async throws(Refusal) -> [ProductStore.StockUnit] {
    try await asked { () async throws(PostgresError) in
      try await store.units(of: tenant, product: product, after: cursor, limit: limit)
    }
  }

  private func put(
    _ draft: SKUDraft, of tenant: TenantID, by user: UserID
  ) async throws(Refusal) -> ProductStore.StockUnit {
    let outcome = try await asked { () async throws(PostgresError) in
      try await store.put(
        draft.sku, of: draft.product, name: draft.name, prices: draft.prices, tenant: tenant,
        by: user)
    }
    switch outcome {
    case .put(let unit): return unit
    case .unknownProduct:
      throw .invalid(field: "product_id", reason: "there is no such product")
    case .otherProduct: throw .conflict
    }
  }

  private func units(
    _ skus: [SKU], of tenant: TenantID
  ) async throws(Refusal) -> [ProductStore.StockUnit] {
    try await asked { () async throws(PostgresError) in
      try await store.units(skus, of: tenant)
    }
  }

  private func asked<Result>(
    _ body: () async throws(PostgresError) -> Result
  ) async throws(Refusal) -> Result {
    do throws(PostgresError) {
      return try await body()
    } catch {
      throw .unavailable
    }
  }
}
