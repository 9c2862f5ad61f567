internal import Domain
internal import HotPath
internal import Redis

/// Asks a cell what a cart's SKUs are had for. Loop-confined.
enum CartOffers {
  /// The cell could not be asked, or has lost what it had.
  struct Unavailable: Error {}

  /// What is sold in `scope` of `skus`, in one look; in a second one, what a member has had of those that
  /// are limited.
  static func read(
    _ skus: [SKU], in scope: OrderScope, for holder: CartHolder?
  ) async throws(Unavailable) -> [SKU: CartOffer] {
    guard !skus.isEmpty else { return [:] }
    let cell = scope.cell
    guard cell.lease.isOpen else { throw Unavailable() }
    let look = CellLook(at: cell)
    var isVouchedFor = true
    var offers: [SKU: CartOffer] = [:]
    do throws(RedisError) {
      let readings = try await StockReader.read(
        skus.map { (scope.hot.scope, $0) }, keys: cell.keys, client: cell.client)
      if readings.lacksSome { isVouchedFor = try await look.isVouchedFor() }
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
        offers[sku] = CartOffer(
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
