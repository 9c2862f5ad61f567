import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Locations beside the one of the first market that receipts have made.
struct LocationScene {
  static let us = Market("US")!
  static let usCell = CellName("demo.us")!

  let bench: StockBench
  let seoul: LocationStore.Location
  let busan: LocationStore.Location
  let reno: LocationStore.Location
  var locations: LocationStore { LocationStore(pool: bench.pool) }
  var sku: SKU { bench.skus[0] }

  init(_ bench: StockBench) async throws {
    self.bench = bench
    let store = LocationStore(pool: bench.pool)
    func make(_ name: String, _ market: Market, _ priority: Int) async throws
      -> LocationStore.Location
    {
      try #require(
        try await store.insert(
          .random, name: name, market: market, priority: priority, of: bench.tenant,
          by: bench.user))
    }
    seoul = try await make("Seoul", bench.market, 1)
    busan = try await make("Busan", bench.market, 2)
    reno = try await make("Reno", Self.us, 1)
    _ = try await bench.products.put(
      bench.skus[0], of: bench.product, name: "Shoe",
      prices: [Self.us: Money(amount: 5, currency: .dollar)], tenant: bench.tenant, by: bench.user)
  }

  /// Pieces of the first SKU by name of the location.
  func held() async throws -> [String: Int] {
    let holdings = try await locations.holdings(of: sku, tenant: bench.tenant)
    return Dictionary(uniqueKeysWithValues: holdings.map { ($0.name, $0.quantity) })
  }

  func receive(_ change: Int, at location: LocationStore.Location?) async throws -> Identifier {
    let id = Identifier.random
    _ = try await bench.stock.adjust(
      .init(
        id: id, kind: change > 0 ? .receipt : .correction, sku: sku, market: bench.market,
        cell: bench.cell, change: change, reason: "counted", user: bench.user,
        location: location?.id), of: bench.tenant)
    return id
  }

  func transfer(
    _ quantity: Int, _ source: LocationStore.Location, _ target: LocationStore.Location,
    id: Identifier = .random
  ) async throws -> StockStore.TransferOutcome {
    try await bench.stock.transfer(
      .init(
        id: id, sku: sku, source: source, target: target, quantity: quantity, reason: "move",
        user: bench.user), from: bench.cell,
      to: target.market == bench.market ? bench.cell : Self.usCell, of: bench.tenant)
  }

  /// The cell says how much of a take could be had.
  func decide(_ movement: Identifier, _ quantity: Int) async throws {
    let cursor = try await bench.cursor()
    _ = try await bench.apply(
      bench.facts(takes: [(movement, .open, sku, quantity)]), from: cursor, to: cursor + 1)
  }

  /// An order that is paid.
  func sell(_ quantity: Int) async throws -> Identifier {
    let cursor = try await bench.cursor()
    let id = Identifier.random
    _ = try await bench.apply(
      bench.facts([
        .init(
          id: id, lines: [(sku.description, quantity, 100)],
          deadline: Instant.farAhead.milliseconds)
      ]), from: cursor, to: cursor + 1)
    _ = try await bench.orders.markPaid([id], of: bench.tenant)
    return id
  }

  func settle(_ order: Identifier, _ status: String) async throws {
    _ = try await bench.pool.query(
      """
      update spillway.orders set status = $2,
          cancelled_at = case $2 when 'CANCELLED' then now() end where order_id = $1
      """, [.uuid(order.uuid), .text(status)])
  }

  func faults() async throws -> LedgerAudit.LocationFaults {
    try await LedgerAudit(pool: bench.pool).locationFaults()
  }

  func isSound() async throws -> Bool {
    let faults = try await faults()
    return faults.unbalanced == 0 && faults.unexplained == 0 && faults.astray == 0
      && faults.unshipped == 0 && faults.orphans == 0
  }

  /// The location that the first receipt has made.
  func main() async throws -> LocationStore.Location? {
    try await locations.list(of: bench.tenant, market: bench.market, before: nil, limit: 10)
      .first { $0.name == "Main KR" }
  }
}

/// Sets up a scene on a database of its own.
func withScene(
  _ body: @escaping @Sendable (LocationScene) async throws -> Void
) async throws {
  try await StockBench.run { bench in try await body(try await LocationScene(bench)) }
}
