internal import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// The open campaigns and sales of tenants. Loop-confined.
///
/// They are read with those that open soon, and again every second while somebody asks; until the answer
/// is here, what is known serves. When they open and close is for the clock to say.
final class PromotionMemory {
  static let lifeMilliseconds: UInt64 = 1_000
  /// Campaigns of a tenant, and SKUs in sales of a market, that are looked at.
  static let limit = 500
  /// Markets that are remembered; beyond, the memory starts afresh.
  static let maximumEntries = 1_000
  private static let lead = Duration.seconds(10)

  /// What there is in a market.
  struct Promotions {
    var coupons: [CouponPromotion] = []
    var sales: [SKU: [SalePromotion]] = [:]
  }

  private struct Key: Hashable {
    let tenant: TenantID
    let market: Market
  }

  private final class Entry {
    var promotions = Promotions()
    var readAt: UInt64?
    var reading: Task<Void, Never>?
  }

  private let store: CatalogStore
  private let loop: EventLoop
  private var entries: [Key: Entry] = [:]

  init(pool: PostgresPool, loop: EventLoop) {
    store = CatalogStore(pool: pool)
    self.loop = loop
  }

  /// What there is in a market; nothing where the ledger could never be asked.
  func promotions(in market: Market, of tenant: TenantID) async -> Promotions {
    let entry = entry(Key(tenant: tenant, market: market))
    if let readAt = entry.readAt, loop.milliseconds &- readAt < Self.lifeMilliseconds {
      return entry.promotions
    }
    let reading = entry.reading ?? begin(entry, market, tenant)
    if entry.readAt == nil { await reading.value }
    return entry.promotions
  }

  private func entry(_ key: Key) -> Entry {
    if let entry = entries[key] { return entry }
    if entries.count >= Self.maximumEntries { entries.removeAll() }
    let entry = Entry()
    entries[key] = entry
    return entry
  }

  private func begin(
    _ entry: Entry, _ market: Market, _ tenant: TenantID
  ) -> Task<Void, Never> {
    let task = loop.spawn { [self] in
      if let promotions = try? await read(market, tenant) { entry.promotions = promotions }
      entry.readAt = loop.milliseconds
      entry.reading = nil
    }
    entry.reading = task
    return task
  }

  private func read(
    _ market: Market, _ tenant: TenantID
  ) async throws(PostgresError) -> Promotions {
    let coupons = try await store.campaigns(of: tenant, lead: Self.lead, limit: Self.limit)
    let sales = try await store.sales(
      in: market, of: tenant, lead: Self.lead, limit: Self.limit)
    return Promotions(coupons: coupons, sales: Dictionary(grouping: sales, by: \.sku))
  }
}
