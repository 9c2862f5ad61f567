internal import Domain
internal import HotPath
internal import Redis

/// What a cart's SKUs are had for. Loop-confined.
struct CartOffers {
  /// What is sold of the SKUs.
  var units: [SKU: CartOffer] = [:]
  /// Of the sale, if the cart is of one.
  var phase = SalePhase.open

  /// The cell could not be asked, or has lost what it had.
  struct Unavailable: Error {}

  /// Asks the cell what is sold in `scope` of `skus`, in one look; in others, whether the sale takes orders, and
  /// what a member has had of what is limited.
  static func read(
    _ skus: [SKU], in scope: OrderScope, for holder: CartHolder?
  ) async throws(Unavailable) -> CartOffers {
    guard !skus.isEmpty else { return CartOffers() }
    let cell = scope.cell
    guard cell.lease.isOpen else { throw Unavailable() }
    let look = CellLook(at: cell)
    var isVouchedFor = true
    var offers = CartOffers()
    do throws(RedisError) {
      let readings = try await StockReader.read(
        skus.map { (scope.hot.scope, $0) }, keys: cell.keys, client: cell.client)
      var lacksSome = readings.lacksSome
      if scope.sale != nil {
        let phase = try await StockReader.phase(
          of: scope.hot.scope, keys: cell.keys, client: cell.client)
        // Of a sale that it does not know the cell takes no orders.
        offers.phase = phase ?? .notOpen
        lacksSome = lacksSome || phase == nil
      }
      if lacksSome { isVouchedFor = try await look.isVouchedFor() }
      let accounts = zip(skus, readings.accounts).compactMap { sku, reading in
        reading.flatMap { $0.terms.isSold ? (sku, $0) : nil }
      }
      let limited = accounts.filter { $0.1.terms.perUserLimit > 0 }.map(\.0)
      var has: [SKU: Int] = [:]
      if let user = holder?.user {
        let bought = try await StockReader.bought(
          limited, by: user, in: scope.hot.scope, keys: cell.keys, client: cell.client)
        for (sku, pieces) in zip(limited, bought) { has[sku] = pieces }
      }
      for (sku, reading) in accounts {
        offers.units[sku] = CartOffer(
          product: reading.terms.product, price: reading.terms.price,
          available: reading.level.available, limit: reading.terms.perUserLimit,
          has: has[sku] ?? 0)
      }
    } catch {
      throw Unavailable()
    }
    guard isVouchedFor else { throw Unavailable() }
    return offers
  }
}
