import Domain
import EventLoop
import Foundation
import HotPath
import Ledger
import Postgres
import Redis
import Services
import TestSupport

@testable import Reconciler

/// A shop on a ``SaleBench``: one product with some SKUs, and orders for them.
final class OrderBench {
  let bench: SaleBench
  let product: Identifier
  let market = Market("KR")!
  let clerk = UserID("clerk")!
  var orders: OrderStore { OrderStore(pool: bench.pool) }
  var stock: StockStore { StockStore(pool: bench.pool) }
  var sales: SaleStore { SaleStore(pool: bench.pool) }
  private var products: ProductStore { ProductStore(pool: bench.pool) }
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  /// Opens a shop with so many pieces of each SKU, at 100, 200, … won.
  init(_ bench: SaleBench, stock quantities: [(sku: String, quantity: Int)]) async throws {
    self.bench = bench
    product = Identifier(high: 0x0190_a000_0000_7000, low: .random(in: 0...UInt64.max) | 1 << 63)
    _ = try await products.insert(product, name: "Shoe", of: bench.tenant, by: clerk)
    for (index, item) in quantities.enumerated() {
      _ = try await products.put(
        SKU(item.sku)!, of: product, name: item.sku,
        prices: [market: Money(amount: 100 * (index + 1), currency: .won)], tenant: bench.tenant,
        by: clerk)
      if item.quantity > 0 { _ = try await adjust(item.sku, by: item.quantity) }
    }
  }

  /// This machine's clock, which is Redis' and Postgres' as well.
  var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

  private func newID() -> Identifier { identifiers.next(at: now) }

  /// Asks for a receipt or a correction of open stock; returns the movement.
  @discardableResult
  func adjust(_ sku: String, by change: Int) async throws -> StockMovement {
    let outcome = try await stock.adjust(
      StockStore.Adjustment(
        id: newID(), kind: change > 0 ? .receipt : .correction, sku: SKU(sku)!,
        market: market, cell: bench.cell, change: change, reason: "counted", user: clerk),
      of: bench.tenant)
    guard case .taken(let movement) = outcome else { throw Unexpected(description: "\(outcome)") }
    return movement
  }

  struct Unexpected: Error { let description: String }

  /// Adds a sale in a cell of its own, or in the market's.
  func createSale(
    _ items: [(sku: String, quantity: Int, limit: Int)], opensIn: Duration = .zero,
    closesIn: Duration = .seconds(3600), ownCell: Bool = true, ratePolicy: RatePolicy? = nil
  ) async throws -> Sale {
    let now = now
    let id = newID()
    let sale = Sale(
      id: id, tenant: bench.tenant, market: market,
      cell: ownCell ? CellName.own(by: bench.tenant, sale: id)! : bench.cell, name: "Friday",
      terms: SaleTerms(
        opensAt: now + opensIn, closesAt: now + closesIn, ratePolicy: ratePolicy),
      items: items.map {
        SaleItem(
          sku: SKU($0.sku)!, quantity: $0.quantity, price: Money(amount: 50, currency: .won),
          perUserLimit: $0.limit)
      }, acknowledgement: .hot)
    return try await sales.insert(sale, from: bench.cell, by: clerk).sale
  }

  func state(of sale: Sale) async throws -> SaleState? {
    try await sales.find(sale.id, of: bench.tenant)?.sale.state
  }

  // MARK: Orders

  /// What somebody orders.
  struct Want {
    var user: String
    var lines: [(sku: String, quantity: Int)]
    /// Names the idempotency key; one of its own if there is none.
    var key: String?
    /// What the key's digest is salted with; nothing else asks for the same keys, so mostly nothing.
    var salt: Identifier?
    var terms = OrderTermsWord.none
  }

  /// An order that was accepted.
  struct Granted: Sendable, Hashable {
    let id: Identifier
    let user: String
  }

  /// The lease under which the cell is open.
  private func lease(_ keys: CellKeys) async throws -> String? {
    let client = bench.router.client(for: keys.lease)
    guard let lease = try? await client.send(RedisCommand("GET", keys.lease)).text,
      let runID = client.runID, CellLease.isLease(lease.utf8, of: runID)
    else { return nil }
    return lease
  }

  /// Runs one batch of orders; `nil` when the cell is closed or Redis away.
  func order(
    _ wants: [Want], in sale: Sale? = nil, life: Duration = .seconds(600)
  ) async throws -> [Granted]? {
    let keys = CellKeys(sale?.cell ?? bench.cell)
    let scope = sale?.scope ?? .open
    guard let lease = try await lease(keys) else { return nil }
    let skus = Array(Set(wants.flatMap { $0.lines.map(\.sku) })).sorted()
    let names = wants.map { want in
      let digest = Self.digest(want.key ?? "\(newID())")
      return OrderKey(want.salt.map(digest.salted) ?? digest)
    }
    var scriptKeys: [any RedisArgument] = [keys.lease, keys.stream, keys.reserved]
    for bucket in keys.popular + keys.answers { scriptKeys.append(bucket) }
    scriptKeys.append(keys.sale(scope))
    for sku in skus {
      scriptKeys += [keys.stock(scope, SKU(sku)!), keys.bought(scope, SKU(sku)!)]
    }
    var arguments: [any RedisArgument] = [
      lease, 100_000, 0, 1, scope.description, market.description, Int(life.milliseconds),
      skus.count, 0, wants.count,
    ]
    for want in wants {
      arguments += [Self.digest("print").description, want.terms, want.lines.count]
      for line in want.lines {
        arguments += [skus.firstIndex(of: line.sku)! + 1, line.quantity]
      }
    }
    arguments.append(wants.count)
    arguments += names.map(\.description)
    arguments += wants.map(\.user)
    if wants.count > 1 { arguments += wants.indices.map { $0 + 1 } }
    let reply = try? await bench.redis.evaluate(
      ScriptCatalog.reserve.script, keys: scriptKeys, arguments: arguments)
    guard let text = reply?.text, text.count > 1 else { return nil }
    let lines = text.split(separator: "\n")
    let now = Instant(milliseconds: Int64(lines[0].prefix { $0 != " " })!)
    return zip(zip(names, wants), lines.dropFirst()).compactMap { order, line in
      line.hasPrefix("G") || line == "="
        ? Granted(id: order.0.order(at: now), user: order.1.user) : nil
    }
  }

  /// What stands for a name where a request's digest is wanted: FNV-1a of the name, and of the same again.
  static func digest(_ name: String) -> RequestDigest {
    let halves = [name, name + name].map { text in
      text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    return RequestDigest(high: halves[0], low: halves[1])
  }

  /// Orders until the batch was decided.
  @discardableResult
  func surelyOrder(
    _ wants: [Want], in sale: Sale? = nil, life: Duration = .seconds(600)
  ) async throws -> [Granted] {
    try await eventually(within: .seconds(20), "the orders are decided") {
      try await order(wants, in: sale, life: life)
    }
  }

  // MARK: Waiting

  /// Waits until the cell is open and knows the ledger's version of the SKU's account.
  func untilSellable(
    _ sku: String, in sale: Sale? = nil, within limit: Duration = .seconds(60)
  ) async throws {
    let keys = CellKeys(sale?.cell ?? bench.cell)
    let scope = sale?.scope ?? .open
    try await eventually(within: limit, "\(sku) is sold") {
      guard try await lease(keys) != nil,
        let account = try await stock.account(
          of: SKU(sku)!, scope: scope, in: keys.cell, tenant: bench.tenant)
      else { return false }
      if let sale, try await state(of: sale) != .open { return false }
      let readings = try await StockReader.read(
        [(scope, SKU(sku)!)], keys: keys, client: bench.redis)
      guard readings.accounts[0]?.version == account.version else { return false }
      guard let sale else { return true }
      let ready = try await bench.redis.send(RedisCommand("HGET", keys.sale(sale.scope), "ready"))
      return ready.text == "1"
    }
  }

  /// What Redis counts of an account; `nil` when it does not know it.
  func levelInRedis(_ sku: String, in sale: Sale? = nil) async throws -> StockLevel? {
    try await StockReader.read(
      [(sale?.scope ?? .open, SKU(sku)!)], keys: CellKeys(sale?.cell ?? bench.cell),
      client: bench.redis
    ).accounts[0]?.level
  }

  func level(_ sku: String, in sale: Sale? = nil) async throws -> StockLevel {
    try await stock.account(
      of: SKU(sku)!, scope: sale?.scope ?? .open, in: sale?.cell ?? bench.cell,
      tenant: bench.tenant)!.level
  }

  func status(of order: Identifier) async throws -> OrderStatus? {
    try await orders.find(order, of: bench.tenant)?.status
  }

  /// Waits until everything that was decided is in the ledger and all commands are applied.
  func untilSettled(within limit: Duration = .seconds(60)) async throws {
    try await eventually(within: limit, "facts and commands have arrived") {
      // Either server may be coming back.
      (try? await isSettled()) ?? false
    }
  }

  private func isSettled() async throws -> Bool {
    for record in try await bench.store.list() {
      let keys = CellKeys(record.cell)
      guard try await lease(keys) != nil else { return false }
      let entry = try await bench.redis.send(
        RedisCommand("XREVRANGE", keys.stream, "+", "-", "COUNT", 1))
      let last = entry[0][0].text.flatMap { StreamPosition($0) } ?? .zero
      if StreamPosition(record.cursor) < last { return false }
    }
    return try await bench.store.cellsWithCommands().isEmpty
  }

  /// What an audit finds wrong.
  func breaches() async throws -> [AuditCheck] {
    try await Audit(redis: bench.router, pool: bench.pool, patience: .seconds(2)).run().breaches
  }
}
