internal import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// The open campaigns and sales of tenants, and campaigns whose coupons outlive them. Loop-confined.
///
/// They are read with those that open soon, and again every second while somebody asks; what is a little older
/// serves until the answer is here, and whoever comes after a pause waits for it. When they open and close is
/// for the clock to say.
final class PromotionMemory {
  /// How old what is known may be before it is read anew.
  static let lifeMilliseconds: UInt64 = 1_000
  /// How old it may be before whoever asks waits for what there is now.
  static let maximumAgeMilliseconds: UInt64 = 2_000
  /// How long what is known serves while the ledger cannot be asked: as far as it was read ahead. After that
  /// nothing is promised.
  static let outageMilliseconds: UInt64 = 10_000
  /// Campaigns of a tenant, and SKUs in sales of a market, that are looked at.
  static let limit = 500
  /// Campaigns of a tenant that issue no more, whose coupons may still be used.
  static let overLimit = 50
  /// Markets that are remembered; beyond, the memory starts afresh.
  static let maximumEntries = 1_000
  static let lead = Duration.milliseconds(outageMilliseconds)

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
    /// When the ledger was asked for what is known.
    var readAt: UInt64?
    /// When it was last asked, whether it answered or not.
    var triedAt: UInt64?
    var reading: Task<Void, Never>?

    /// Whether the ledger did not answer when last asked.
    var isFailing: Bool { reading == nil && triedAt != readAt }
  }

  private let loop: EventLoop
  private let now: () -> UInt64
  private let read: (Market, TenantID) async throws -> Promotions
  private var entries: [Key: Entry] = [:]

  convenience init(pool: PostgresPool, loop: EventLoop) {
    let store = CatalogStore(pool: pool)
    self.init(loop: loop, now: { loop.milliseconds }) { market, tenant in
      let coupons = try await store.campaigns(
        of: tenant, lead: Self.lead, limit: Self.limit, overLimit: Self.overLimit)
      let sales = try await store.sales(
        in: market, of: tenant, lead: Self.lead, limit: Self.limit)
      return Promotions(coupons: coupons, sales: Dictionary(grouping: sales, by: \.sku))
    }
  }

  /// - Parameters:
  ///   - now: milliseconds of a clock that only goes forward.
  ///   - read: asks the ledger.
  init(
    loop: EventLoop, now: @escaping () -> UInt64,
    read: @escaping (Market, TenantID) async throws -> Promotions
  ) {
    self.loop = loop
    self.now = now
    self.read = read
  }

  /// What there is in a market; nothing where the ledger could not be asked for long.
  func promotions(in market: Market, of tenant: TenantID) async -> Promotions {
    let entry = entry(Key(tenant: tenant, market: market))
    let age = age(of: entry.readAt)
    if age < Self.lifeMilliseconds { return entry.promotions }
    // Whether the ledger is back is for a later answer to say.
    let waits = age >= Self.maximumAgeMilliseconds && !entry.isFailing
    if entry.reading == nil, self.age(of: entry.triedAt) >= Self.lifeMilliseconds {
      begin(entry, market, tenant)
    }
    if waits { await entry.reading?.value }
    return self.age(of: entry.readAt) < Self.outageMilliseconds ? entry.promotions : Promotions()
  }

  private func age(of instant: UInt64?) -> UInt64 { instant.map { now() &- $0 } ?? .max }

  private func entry(_ key: Key) -> Entry {
    if let entry = entries[key] { return entry }
    if entries.count >= Self.maximumEntries { entries.removeAll() }
    let entry = Entry()
    entries[key] = entry
    return entry
  }

  private func begin(_ entry: Entry, _ market: Market, _ tenant: TenantID) {
    let askedAt = now()
    entry.triedAt = askedAt
    entry.reading = loop.spawn { [self] in
      if let promotions = try? await read(market, tenant) {
        entry.promotions = promotions
        entry.readAt = askedAt
      }
      entry.reading = nil
    }
  }
}
