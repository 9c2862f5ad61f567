internal import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// The products that were last asked for, as the ledger has them. Loop-confined.
final class CatalogMemory {
  /// Bytes of products that are remembered, see ``CatalogProduct/size``.
  static let capacity = 64 << 20
  /// Bytes that it takes to know that there is no such product.
  static let absenceSize = 100
  /// Products that one query reads.
  static let productsPerRead = 200

  private let loop: EventLoop
  private let store: CatalogStore
  /// Nil for one that does not exist.
  private var known = RecentMemory<EntryKey, CatalogProduct?>(capacity: capacity)
  private var reads: [TenantID: GatheredReads<Identifier, CatalogProduct>] = [:]
  /// What changed while reads were under way, which may have been too early for it.
  private var changed: Set<EntryKey> = []
  private var readsUnderWay = 0

  init(pool: PostgresPool, loop: EventLoop) {
    store = CatalogStore(pool: pool)
    self.loop = loop
  }

  /// The products of these ids; those that do not exist are left out.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  func products(
    _ ids: [Identifier], of tenant: TenantID
  ) async throws -> [Identifier: CatalogProduct] {
    var found: [Identifier: CatalogProduct] = [:]
    var missing: [Identifier] = []
    for id in ids {
      if let product = known.find(EntryKey(tenant: tenant, id: id)) {
        found[id] = product
      } else {
        missing.append(id)
      }
    }
    if missing.isEmpty { return found }
    let read = try await gathered(of: tenant).values(of: missing)
    for id in missing { found[id] = read[id] }
    return found
  }

  /// A product is another one now.
  func forget(_ product: Identifier, of tenant: TenantID) {
    let key = EntryKey(tenant: tenant, id: product)
    known.remove(key)
    if readsUnderWay > 0 { changed.insert(key) }
  }

  /// What is known may be outdated.
  func forgetAll() {
    known.removeAll()
    // Reads under way are made again by whoever asks next.
    isDistrusted = true
  }

  private var isDistrusted = false

  private func gathered(of tenant: TenantID) -> GatheredReads<Identifier, CatalogProduct> {
    if let reads = reads[tenant] { return reads }
    let made = GatheredReads<Identifier, CatalogProduct>(
      loop: loop, limit: Self.productsPerRead
    ) { [weak self] ids in try await self?.read(ids, of: tenant) ?? [:] }
    reads[tenant] = made
    return made
  }

  private func read(
    _ ids: [Identifier], of tenant: TenantID
  ) async throws -> [Identifier: CatalogProduct] {
    if readsUnderWay == 0 {
      changed = []
      isDistrusted = false
    }
    readsUnderWay += 1
    defer { readsUnderWay -= 1 }
    let products = try await store.products(ids, of: tenant)
    let byID = Dictionary(products.map { ($0.product.id, $0) }) { $1 }
    for id in ids {
      let key = EntryKey(tenant: tenant, id: id)
      if !isDistrusted, !changed.contains(key) {
        known.put(byID[id], for: key, cost: byID[id]?.size ?? Self.absenceSize)
      }
    }
    return byID
  }
}
