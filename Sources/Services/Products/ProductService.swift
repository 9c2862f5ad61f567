public import Domain
internal import EventLoop
public import Ledger
internal import Postgres

/// Products and SKUs as operators manage them. Loop-confined.
public final class ProductService: AsksLedger {
  typealias Refusal = OperatorRefusal

  private let store: ProductStore
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, clock: WallClock) {
    store = ProductStore(pool: pool)
    self.clock = clock
  }

  // MARK: Products

  /// Adds a product, which needs a name of its own or a text.
  public func create(
    _ parts: ProductStore.ProductParts, of tenant: TenantID, by user: UserID
  ) async throws(OperatorRefusal) -> ProductStore.Product {
    var parts = parts
    parts.name = parts.name ?? Self.name(of: parts.texts)
    guard parts.name != nil else { throw .invalid(field: "name", reason: "is required") }
    let id = identifiers.next(at: clock.now())
    guard let product = try await put(id, parts, isNew: true, of: tenant, by: user) else {
      throw .unavailable
    }
    return product
  }

  /// Changes the parts of a product that are named.
  public func change(
    _ id: Identifier, _ parts: ProductStore.ProductParts, of tenant: TenantID, by user: UserID
  ) async throws(OperatorRefusal) -> ProductStore.Product {
    guard let product = try await put(id, parts, isNew: false, of: tenant, by: user) else {
      throw .notFound
    }
    return product
  }

  /// What a product is called that was given texts only.
  private static func name(of texts: [Language: ProductText?]) -> String? {
    LocalizedTexts(texts.compactMapValues { $0 }).best(for: .english)?.name
  }

  private func put(
    _ id: Identifier, _ parts: ProductStore.ProductParts, isNew: Bool, of tenant: TenantID,
    by user: UserID
  ) async throws(OperatorRefusal) -> ProductStore.Product? {
    do throws(PostgresError) {
      return try await store.put(id, parts, isNew: isNew, of: tenant, by: user)
    } catch {
      guard error.sqlState == ProductStore.foreignKeyViolation else { throw .unavailable }
      throw .invalid(field: "categories", reason: "name a category that does not exist")
    }
  }

  public func find(
    _ id: Identifier, of tenant: TenantID
  ) async throws(OperatorRefusal) -> ProductStore.Product {
    let product = try await asked { () async throws(PostgresError) in
      try await store.find(id, of: tenant)
    }
    guard let product else { throw .notFound }
    return product
  }

  /// A tenant's products, newest first, before the product `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(OperatorRefusal) -> [ProductStore.Product] {
    try await asked { () async throws(PostgresError) in
      try await store.list(of: tenant, before: cursor, limit: limit)
    }
  }

  // MARK: SKUs

  /// Adds a SKU to a product.
  public func create(
    _ draft: SKUDraft, of tenant: TenantID, by user: UserID
  ) async throws(OperatorRefusal) -> ProductStore.StockUnit {
    try await put(draft, name: draft.name, of: tenant, by: user)
  }

  /// Changes a SKU's name and the prices of the markets that are named, or takes them away.
  public func change(
    _ sku: SKU, _ change: SKUChange, of tenant: TenantID, by user: UserID
  ) async throws(OperatorRefusal) -> ProductStore.StockUnit {
    let known = try await find(sku, of: tenant)
    return try await put(
      SKUDraft(
        sku: sku, product: known.product, name: known.name, prices: change.prices,
        withdrawn: change.withdrawn, salePrices: change.salePrices),
      name: change.name, currencies: known.prices.mapValues(\.currency), of: tenant, by: user)
  }

  public func find(
    _ sku: SKU, of tenant: TenantID
  ) async throws(OperatorRefusal) -> ProductStore.StockUnit {
    guard let unit = try await units([sku], of: tenant).first else { throw .notFound }
    return unit
  }

  /// A tenant's SKUs, or one product's, by name, behind the SKU `cursor`.
  public func list(
    of tenant: TenantID, product: Identifier?, after cursor: SKU?, limit: Int
  ) async throws(OperatorRefusal) -> [ProductStore.StockUnit] {
    try await asked { () async throws(PostgresError) in
      try await store.units(of: tenant, product: product, after: cursor, limit: limit)
    }
  }

  /// - Parameters:
  ///   - name: nil for one that keeps its name, whoever gives it another one meanwhile.
  ///   - known: currencies of the prices that the SKU has already; nil for a new one.
  private func put(
    _ draft: SKUDraft, name: String?, currencies known: [Market: Currency]? = nil,
    of tenant: TenantID, by user: UserID
  ) async throws(OperatorRefusal) -> ProductStore.StockUnit {
    let currencies = (known ?? [:]).filter { !draft.withdrawn.contains($0.key) }
      .merging(draft.prices.mapValues(\.currency)) { $1 }
    for sale in draft.salePrices ?? [] where currencies[sale.market] != sale.currency {
      throw .invalid(
        field: "sale_prices",
        reason: currencies[sale.market].map { "are in \($0.rawValue) in \(sale.market)" }
          ?? "need a price in \(sale.market)")
    }
    let outcome = try await asked { () async throws(PostgresError) in
      try await store.put(
        draft.sku, of: draft.product, name: name, isNew: known == nil, prices: draft.prices,
        withdrawn: draft.withdrawn,
        salePrices: draft.salePrices.map { sales in
          Dictionary(grouping: sales, by: \.market).mapValues { $0.map(\.price) }
        }, tenant: tenant, by: user)
    }
    switch outcome {
    case .put(let unit): return unit
    // Products stay: it is the price beside a sale price that somebody took away meanwhile.
    case .unknownProduct where known != nil:
      throw .invalid(field: "sale_prices", reason: "need a price in their market")
    case .unknownProduct:
      throw .invalid(field: "product_id", reason: "there is no such product")
    case .otherProduct, .exists: throw .conflict
    }
  }

  private func units(
    _ skus: [SKU], of tenant: TenantID
  ) async throws(OperatorRefusal) -> [ProductStore.StockUnit] {
    try await asked { () async throws(PostgresError) in
      try await store.units(skus, of: tenant)
    }
  }
}
