import Domain
import EventLoop
import Postgres
import TestSupport

@testable import Ledger

/// A migrated database of its own with one tenant, two markets, and a product with three SKUs.
struct StockBench {
  let pool: PostgresPool
  let tenant = TenantID("demo")!
  let cell = CellName("demo.kr")!
  let market = Market("KR")!
  let user = UserID("clerk")!
  let product = Identifier(high: 0x0190_a000_0000_7000, low: 0x8000_0000_0000_0001)
  let skus = ["A", "B", "C"].map { SKU($0)! }

  var cells: CellStore { CellStore(pool: pool) }
  var products: ProductStore { ProductStore(pool: pool) }
  var stock: StockStore { StockStore(pool: pool) }
  var sales: SaleStore { SaleStore(pool: pool) }
  var orders: OrderStore { OrderStore(pool: pool) }
  var contents: StockContents { StockContents(pool: pool) }

  /// What of each SKU there is in the open stock of the first market.
  static let quantity = 10
  /// By the cell's clock.
  static let now: Int64 = 1_763_678_461_123

  static func run<Result: Sendable>(
    _ body: @escaping @Sendable (StockBench) async throws -> Result
  ) async throws -> Result {
    let database = try await SharedServers.database()
    return try await withEventLoop { loop in
      var configuration = try PostgresConfiguration.patient(url: database)
      // Who looks at what waits for a lock must not stand behind it on one connection.
      configuration.pipelineDepth = 1
      let pool = PostgresPool(configuration: configuration, loop: loop)
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      _ = try await Migrator().run(on: pool)
      let bench = StockBench(pool: pool)
      try await bench.fill()
      return try await body(bench)
    }
  }

  func fill() async throws {
    try await TenantStore(pool: pool).put(
      Tenant(id: tenant, name: "Demo", defaultMarket: "KR"), hosts: [])
    _ = try await products.insert(product, name: "Shoe", of: tenant, by: user)
    for (index, sku) in skus.enumerated() {
      _ = try await products.put(
        sku, of: product, name: "Shoe \(sku)",
        prices: [market: Money(amount: 100 * (index + 1), currency: .won)], tenant: tenant, by: user
      )
      _ = try await adjust(sku, by: Self.quantity)
    }
    _ = try await cells.acquire(as: "one", hold: .seconds(60), limit: 10)
  }

  func adjust(
    _ sku: SKU, by change: Int, id: Identifier = .random
  ) async throws(PostgresError) -> StockStore.AdjustmentOutcome {
    try await stock.adjust(
      StockStore.Adjustment(
        id: id, kind: change > 0 ? .receipt : .correction, sku: sku, market: market, cell: cell,
        change: change, reason: "counted", user: user), of: tenant)
  }

  // MARK: Facts

  /// One order of a batch.
  struct Order {
    var id = Identifier.random
    var user = "ann"
    var scope = StockScope.open
    var lines: [(sku: String, quantity: Int, price: Int)]
    var reservedAt = StockBench.now
    var deadline = StockBench.now + 600_000
    var digest = RequestDigest(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
    var terms = OrderTermsWord.none
    var currency = Currency.won
  }

  func facts(
    _ orders: [Order] = [], takes: [(Identifier, StockScope, SKU, Int)] = []
  ) -> StockFacts {
    var facts = StockFacts()
    for order in orders {
      let pricing = OrderTerms(order.terms) ?? .none
      for line in order.lines {
        line.sku.withBytes {
          facts.appendLine(sku: $0, quantity: line.quantity, unitPrice: line.price)
        }
      }
      let basket = market.description.withBytes { market in
        order.terms.withBytes { terms in
          facts.append(
            StockFacts.Basket(
              scope: order.scope, market: market, currency: order.currency,
              reservedAt: Instant(milliseconds: order.reservedAt),
              deadline: Instant(milliseconds: order.deadline), fingerprint: order.digest,
              terms: terms,
              totals: OrderTotals(
                order.lines.map { PricedLine(quantity: $0.quantity, unitPrice: $0.price) },
                currency: order.currency, terms: pricing)!, coupon: pricing.coupon))
        }
      }
      order.user.withBytes {
        facts.append(order: order.id, user: $0, key: OrderKey(order.digest), basket: basket)
      }
    }
    for take in takes {
      facts.append(takeOf: take.0, scope: take.1, sku: take.2, quantity: take.3)
    }
    return facts
  }

  func apply(
    _ facts: StockFacts, coupons: CouponFacts = CouponFacts(), as reconciler: String = "one",
    from: Int, to: Int
  ) async throws(PostgresError) -> CellStore.Application {
    try await cells.apply(
      coupons, facts, to: cell, as: reconciler, hold: .seconds(60),
      from: CellRecord.Cursor(milliseconds: from, sequence: 0),
      to: CellRecord.Cursor(milliseconds: to, sequence: 0))
  }

  func cursor() async throws -> Int { try await cells.find(cell)!.cursor.milliseconds }

  func level(_ sku: SKU, _ scope: StockScope = .open) async throws -> StockLevel {
    // Also of a ledger that an older version wrote, which has fewer columns.
    let rows = try await pool.query(
      """
      select received, taken, reserved, sold from spillway.stock_accounts
       where tenant_id = $1 and cell = $2 and scope = $3 and sku = $4
      """,
      [
        .text(tenant.description), .text(cell.text), .uuid(scope.stored),
        .text(sku.description),
      ])
    return StockLevel(
      received: try rows[0].decode(0), taken: try rows[0].decode(1),
      reserved: try rows[0].decode(2), sold: try rows[0].decode(3))
  }

  /// The commands of the cell that are to be applied, in order.
  func commands(_ kind: String) async throws -> [Identifier] {
    try await cells.commands(of: cell, limit: 1000).filter { $0.kind == kind }.map(\.subject)
  }

  func count(_ table: String) async throws -> Int {
    try await pool.query(Statement(unprepared: "select count(*) from spillway.\(table)"))[0]
      .decode(0)
  }

  /// True when the entries of each movement add up to zero, and those of each account to what came in
  /// less what went out.
  func isBalanced() async throws -> Bool {
    let movements = try await pool.query(
      "select 1 from spillway.stock_entries group by movement_id having sum(quantity) <> 0")
    let accounts = try await pool.query(
      """
      select 1 from spillway.stock_accounts a
       where received - taken <> (select coalesce(sum(quantity), 0) from spillway.stock_entries e
         where e.tenant_id = a.tenant_id and e.cell = a.cell and e.scope = a.scope and e.sku = a.sku)
      """)
    return movements.isEmpty && accounts.isEmpty
  }
}

extension String {
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Array(utf8).withUnsafeBytes(body)
  }
}

extension Identifier {
  /// One that no other test has.
  static var random: Identifier {
    Identifier(
      at: Instant(milliseconds: StockBench.now), counter: .random(in: 0...4095),
      random: .random(in: 0...UInt64.max))
  }
}
