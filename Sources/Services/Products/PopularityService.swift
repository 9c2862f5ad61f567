public import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

/// What sells best, market by market. Loop-confined.
///
/// The answer is kept for a moment: many ask for the same, and it changes slowly.
public final class PopularityService {
  /// Products that are told.
  public static let limit = 5
  /// How long an answer is told again, in milliseconds.
  static let lifeMilliseconds: UInt64 = 1_000
  /// Products that are looked at when some of the best sold ones cannot be told.
  static let maximumCandidates = 1_280
  /// How long ago a sale may have closed whose orders can still count.
  private static let span = Duration.seconds(86_400 * CellKeys.popularDays)
  /// Markets whose answers are kept; beyond, the memory starts afresh.
  static let maximumAnswers = 1_000

  /// A product and how much of it was ordered in the last three days.
  public struct Entry: Sendable, Equatable {
    public let product: Product
    /// Pieces in orders that were not given back.
    public let quantity: Int
  }

  /// The cells or the ledger could not be asked.
  public struct Unavailable: Error {}

  private struct Key: Hashable {
    let tenant: TenantID
    let market: Market
  }

  private let catalog: CatalogStore
  private let store: CellStore
  private let cells: CellDirectory
  private let loop: EventLoop
  private var answers: [Key: (entries: [Entry], until: UInt64)] = [:]

  init(pool: PostgresPool, cells: CellDirectory, loop: EventLoop) {
    catalog = CatalogStore(pool: pool)
    store = CellStore(pool: pool)
    self.cells = cells
    self.loop = loop
  }

  /// The best sold products of a market, the best first; none where nothing is sold. Drafts, retired products
  /// and those that have no price in the market any more are left out.
  public func top(
    in market: Market, of tenant: TenantID
  ) async throws(Unavailable) -> [Entry] {
    let key = Key(tenant: tenant, market: market)
    if let answer = answers[key], loop.milliseconds < answer.until { return answer.entries }
    let entries = try await read(key)
    if answers.count >= Self.maximumAnswers { answers.removeAll() }
    answers[key] = (entries, loop.milliseconds + Self.lifeMilliseconds)
    return entries
  }

  private func read(_ key: Key) async throws(Unavailable) -> [Entry] {
    do {
      guard let shared = CellName.shared(by: key.tenant, market: key.market.description) else {
        return []
      }
      let runtimes = try await store.selling(
        in: key.market, of: key.tenant, shared: shared, span: Self.span
      ).map { cells.runtime(of: $0) }
      for runtime in runtimes { await runtime.lease.whenRead() }
      guard runtimes.allSatisfy(\.lease.isOpen) else { throw Unavailable() }
      return try await best(of: key) { limit async throws(RedisError) in
        try await PopularProducts.top(limit, of: runtimes.map { ($0.keys, $0.client) })
      }
    } catch {
      throw Unavailable()
    }
  }

  /// The best sold products that may be told: where some may not, more are looked at.
  private func best(
    of key: Key, _ top: (_ limit: Int) async throws(RedisError) -> [PopularProducts.Entry]
  ) async throws -> [Entry] {
    var limit = Self.limit
    while true {
      let best = try await top(limit)
      let found = try await catalog.products(
        best.compactMap { Identifier($0.product) }, of: key.tenant)
      let shown = Dictionary(
        found.filter { $0.product.status == .active && !$0.units(in: key.market).isEmpty }
          .map { ("\($0.product.id)", $0.product) }
      ) { $1 }
      let entries = best.compactMap { entry in
        shown[entry.product].map { Entry(product: $0, quantity: entry.pieces) }
      }
      if entries.count >= Self.limit || best.count < limit || limit >= Self.maximumCandidates {
        return Array(entries.prefix(Self.limit))
      }
      limit *= 4
    }
  }
}
