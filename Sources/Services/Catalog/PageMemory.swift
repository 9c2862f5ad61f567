internal import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// The pages of lists that were last asked for: which products stand on them. Loop-confined.
final class PageMemory {
  /// Bytes of pages that are remembered.
  static let capacity = 16 << 20
  /// Bytes that a page takes with its query, and those that each product on it adds.
  static let sizes = (page: 600, product: 60)
  /// How long a page is believed when nothing in the catalogue changes: popularity does all the while.
  static let lifeMilliseconds: UInt64 = 10_000

  private struct Key: Hashable {
    let tenant: TenantID
    let query: CatalogQuery
  }

  /// Who asks for a page of a later catalogue does not share a query that may have begun before it.
  private struct Reading: Hashable {
    let key: Key
    let generation: Int
  }

  private struct Page {
    let places: [CatalogCursor]
    let generation: Int
    let until: UInt64
  }

  private typealias Outcome = Result<[CatalogCursor], any Error>

  private let store: CatalogStore
  private let loop: EventLoop
  private var known = RecentMemory<Key, Page>(capacity: capacity)
  private var waiters: [Reading: [UnsafeContinuation<Outcome, Never>]] = [:]

  init(pool: PostgresPool, loop: EventLoop) {
    store = CatalogStore(pool: pool)
    self.loop = loop
  }

  /// Where the products of a page stand.
  ///
  /// - Parameter generation: of the tenant's catalogue now.
  /// - Throws: `PostgresError` when the ledger could not be asked.
  func places(
    _ query: CatalogQuery, of tenant: TenantID, generation: Int
  ) async throws -> [CatalogCursor] {
    let key = Key(tenant: tenant, query: query)
    if let page = known.find(key), page.generation == generation, loop.milliseconds < page.until {
      return page.places
    }
    let reading = Reading(key: key, generation: generation)
    let outcome = await withUnsafeContinuation { continuation in
      // Requests for the same page share the query.
      guard waiters[reading] == nil else {
        waiters[reading]?.append(continuation)
        return
      }
      waiters[reading] = [continuation]
      loop.spawn { [self] in await read(reading) }
    }
    return try outcome.get()
  }

  private func read(_ reading: Reading) async {
    let outcome: Outcome
    let key = reading.key
    do throws(PostgresError) {
      let places = try await store.page(key.query, of: key.tenant)
      if known.find(key).map({ $0.generation <= reading.generation }) ?? true {
        known.put(
          Page(
            places: places, generation: reading.generation,
            until: loop.milliseconds + Self.lifeMilliseconds),
          for: key, cost: Self.sizes.page + places.count * Self.sizes.product)
      }
      outcome = .success(places)
    } catch {
      outcome = .failure(error)
    }
    for waiter in waiters.removeValue(forKey: reading) ?? [] { waiter.resume(returning: outcome) }
  }
}
