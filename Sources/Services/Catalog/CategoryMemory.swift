internal import Domain
internal import Ledger
internal import Postgres

/// The categories of tenants. Loop-confined.
final class CategoryMemory {
  /// Tenants whose categories are remembered.
  static let capacity = 500

  private let store: CatalogStore
  private var known = RecentMemory<TenantID, CategoryTree>(capacity: capacity)
  private var changes = 0

  init(pool: PostgresPool) { store = CatalogStore(pool: pool) }

  /// The categories of a tenant.
  func tree(of tenant: TenantID) async throws(PostgresError) -> CategoryTree {
    if let tree = known.find(tenant) { return tree }
    let before = changes
    let tree = try await store.categories(of: tenant)
    if changes == before { known.put(tree, for: tenant) }
    return tree
  }

  func forget(_ tenant: TenantID) {
    changes += 1
    known.remove(tenant)
  }

  func forgetAll() {
    changes += 1
    known.removeAll()
  }
}
