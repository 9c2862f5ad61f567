public import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres

/// The catalogue as buyers see it: from memory, with stock and prices as the cells have them. Loop-confined.
public final class CatalogService {
  /// How soon what lacks stock, because its cell could not be asked, is put together anew.
  static let unknownLifeMilliseconds: UInt64 = 100

  /// The ledger could not be asked for what is not in memory.
  public struct Unavailable: Error {}

  private let memory: CatalogMemory
  private let pages: PageMemory
  private let categories: CategoryMemory
  private let promotions: PromotionMemory
  private let stock: StockMemory
  private let openStock: OpenStockDirectory
  private let watch: CatalogWatch
  private let loop: EventLoop
  private let clock: WallClock
  private var generations: [TenantID: Int] = [:]
  /// Counts what made all generations new.
  private var gaps = 0

  init(pool: PostgresPool, openStock: OpenStockDirectory, loop: EventLoop, clock: WallClock) {
    memory = CatalogMemory(pool: pool, loop: loop)
    pages = PageMemory(pool: pool, loop: loop)
    categories = CategoryMemory(pool: pool)
    promotions = PromotionMemory(pool: pool, loop: loop)
    stock = StockMemory(loop: loop)
    self.openStock = openStock
    watch = CatalogWatch(pool: pool, loop: loop)
    self.loop = loop
    self.clock = clock
  }

  func start() {
    watch.onChange = { [weak self] in self?.changed($0) }
    watch.onGap = { [weak self] in self?.forgetAll() }
    watch.start()
  }

  func stop() { watch.stop() }

  // MARK: Changes

  /// Grows whenever something in the tenant's catalogue changed: what was put together before is then
  /// outdated.
  public func generation(of tenant: TenantID) -> Int { generations[tenant, default: 0] + gaps }

  private func changed(_ change: CatalogStore.Change) {
    generations[change.tenant, default: 0] += 1
    if let product = change.product {
      memory.forget(product, of: change.tenant)
    } else {
      categories.forget(change.tenant)
    }
  }

  private func forgetAll() {
    gaps += 1
    memory.forgetAll()
    categories.forgetAll()
  }

  // MARK: Reading

  /// A page of products of a market, at most as many as the query says.
  public func page(
    _ query: CatalogQuery, of tenant: TenantID
  ) async throws(Unavailable) -> Perishable<CatalogPage> {
    let generation = generation(of: tenant)
    var wider = query
    // One more than asked for tells whether another page follows.
    wider.limit += 1
    do {
      let places = try await pages.places(wider, of: tenant, generation: generation)
      let shown = Array(places.prefix(query.limit))
      let products = try await memory.products(shown.map(\.product), of: tenant)
      // One that was taken out between the two reads is left out.
      let items = try await items(
        shown.compactMap { products[$0.product] }, in: query.market, of: tenant)
      let page = CatalogPage(
        items: items.value, next: places.count > query.limit ? shown.last : nil)
      return Perishable(value: page, freshUntil: items.freshUntil, generation: generation)
    } catch {
      throw Unavailable()
    }
  }

  /// One product of a market; nil when there is none of this id that is sold there.
  public func item(
    _ id: Identifier, in market: Market, of tenant: TenantID
  ) async throws(Unavailable) -> Perishable<CatalogItem>? {
    let generation = generation(of: tenant)
    do {
      guard let product = try await memory.products([id], of: tenant)[id] else { return nil }
      let items = try await items([product], in: market, of: tenant)
      return items.value.first.map {
        Perishable(value: $0, freshUntil: items.freshUntil, generation: generation)
      }
    } catch {
      throw Unavailable()
    }
  }

  /// The categories of a tenant.
  public func categories(of tenant: TenantID) async throws(Unavailable) -> CategoryTree {
    do {
      return try await categories.tree(of: tenant)
    } catch {
      throw Unavailable()
    }
  }

  /// Puts together what buyers see of products; those that are not sold in the market are left out.
  private func items(
    _ products: [CatalogProduct], in market: Market, of tenant: TenantID
  ) async throws -> (value: [CatalogItem], freshUntil: UInt64) {
    let shown = products.filter { product in
      product.product.status == .active && !product.units(in: market).isEmpty
    }
    let skus = shown.flatMap { $0.units(in: market).map(\.sku) }
    let tree = try await categories.tree(of: tenant)
    // Markets that somebody makes up are not remembered.
    let promotions =
      shown.isEmpty
      ? PromotionMemory.Promotions()
      : await promotions.promotions(in: market, of: tenant)
    var sights: [SKU: StockMemory.Sight] = [:]
    var isKnown = true
    if !skus.isEmpty, let scope = try await openStock.scope(of: market, tenant) {
      sights = await stock.sights(of: skus, in: scope)
      isKnown = sights.count == Set(skus).count
    }
    let now = loop.milliseconds
    let assembly = Assembly(
      market: market, tree: tree, promotions: promotions, sights: sights, isKnown: isKnown,
      time: clock.now())
    let freshUntil =
      isKnown
      ? sights.values.map(\.freshUntil).min() ?? now + StockMemory.lifeMilliseconds
      : now + Self.unknownLifeMilliseconds
    return (shown.map(assembly.item), freshUntil)
  }

  /// All that what buyers see is made from.
  private struct Assembly {
    let market: Market
    let tree: CategoryTree
    let promotions: PromotionMemory.Promotions
    let sights: [SKU: StockMemory.Sight]
    /// False while the cell cannot be asked.
    let isKnown: Bool
    let time: Instant

    func item(_ product: CatalogProduct) -> CatalogItem {
      let line = tree.closure(of: product.product.categories)
      return CatalogItem(
        product: product.product,
        units: product.units.compactMap { unit in
          unit.prices[market].map { self.unit(unit, $0) }
        },
        coupons: promotions.coupons.compactMap { promotion -> CatalogItem.Coupon? in
          guard
            promotion.applies(to: product.product.id, in: line, market: market, at: time)
          else { return nil }
          return CatalogItem.Coupon(
            promotion: promotion, isClaimable: promotion.isClaimable(at: time))
        })
    }

    private func unit(_ unit: CatalogUnit, _ price: CatalogPrice) -> CatalogItem.Unit {
      let reading = sights[unit.sku]?.reading
      return CatalogItem.Unit(
        sku: unit.sku, name: unit.name,
        price: price.shown(at: time, charged: reading?.terms.price),
        // What the cell has no account of was never received.
        available: isKnown ? reading?.level.available ?? 0 : nil,
        sales: (promotions.sales[unit.sku] ?? []).filter { $0.isOpen(at: time) })
    }
  }
}
