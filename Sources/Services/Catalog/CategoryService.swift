public import Domain
public import Ledger
internal import Postgres

/// Categories as operators manage them. Loop-confined.
public final class CategoryService: AsksLedger {
  /// Why an operator's wish was not met.
  public enum Refusal: Error, Sendable, Equatable {
    /// A field, as the wire names it, and what is wrong with it.
    case invalid(field: String, reason: String)
    case notFound
    /// The category is there already.
    case conflict
    /// The tenant has as many as it may.
    case full
    /// What is in it keeps it from being taken out.
    case inUse(Contents)
    /// The ledger could not be asked.
    case unavailable
  }

  /// What a category may hold.
  public enum Contents: String, Sendable {
    /// Other categories.
    case categories
    case products
  }

  private let store: CatalogStore

  init(pool: PostgresPool) { store = CatalogStore(pool: pool) }

  /// Adds a category.
  public func create(
    _ slug: CategorySlug, _ parts: CatalogStore.CategoryParts, of tenant: TenantID
  ) async throws(Refusal) -> Category {
    try await put(slug, parts, isNew: true, of: tenant)
  }

  /// Changes the parts of a category that are named.
  public func change(
    _ slug: CategorySlug, _ parts: CatalogStore.CategoryParts, of tenant: TenantID
  ) async throws(Refusal) -> Category {
    try await put(slug, parts, isNew: false, of: tenant)
  }

  /// Takes out a category that has neither parts nor products.
  public func delete(_ slug: CategorySlug, of tenant: TenantID) async throws(Refusal) {
    let outcome = try await asked { () async throws(PostgresError) in
      try await store.delete(slug, of: tenant)
    }
    switch outcome {
    case .deleted: return
    case .unknown: throw .notFound
    case .parts: throw .inUse(.categories)
    case .products: throw .inUse(.products)
    }
  }

  /// The categories of a tenant as the ledger has them now.
  public func all(of tenant: TenantID) async throws(Refusal) -> CategoryTree {
    try await asked { () async throws(PostgresError) in
      try await store.categories(of: tenant)
    }
  }

  private func put(
    _ slug: CategorySlug, _ parts: CatalogStore.CategoryParts, isNew: Bool, of tenant: TenantID
  ) async throws(Refusal) -> Category {
    let outcome = try await asked { () async throws(PostgresError) in
      try await store.put(slug, parts, isNew: isNew, of: tenant)
    }
    switch outcome {
    case .put: break
    case .conflict: throw .conflict
    case .unknown: throw .notFound
    case .full: throw .full
    case .parent:
      throw .invalid(
        field: "parent",
        reason: "must be another category, not a part of this one, that leaves this one and its "
          + "parts within \(Category.Bounds.depth) levels")
    }
    guard let category = try await all(of: tenant)[slug] else { throw .unavailable }
    return category
  }
}
