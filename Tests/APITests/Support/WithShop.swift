import Domain
import Embedded
import EventLoop
import Ledger
import Postgres
import Reconciler
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import API

/// All routes over a node with a Redis of its own, a ledger of its own and a reconciler. Loop-confined.
struct Shop {
  let api: APIUnderTest<Node>
  let daemon: ReconcilerDaemon
  let redis: RedisServer
  /// The ledger's own URL.
  let database: String
  /// Between the node and its ledger, where a test asked for one.
  let proxy: Proxy?

  static let admin = "ann:APP_ADMIN"

  // MARK: Operators

  /// Asks as an administrator of the tenant and expects `status`.
  @discardableResult
  func manage(
    _ method: String, _ path: String, _ body: JSONValue? = nil, tenant: String = "shop",
    status: Int = 201, location: SourceLocation = #_sourceLocation
  ) async throws -> JSONValue {
    let response = try await api.ask(
      method, path, host: "\(tenant).test", token: "\(tenant):\(Self.admin)",
      body: body?.jsonText)
    #expect(response.status == status, "\(response.text)", sourceLocation: location)
    return try response.json["data"] ?? nil
  }

  /// Makes a SKU that is sold in KR, with so many pieces of open stock.
  func stock(
    _ sku: String, _ quantity: Int, price: Int = 1000, currency: String = "KRW",
    market: String = "KR", tenant: String = "shop"
  ) async throws {
    let product = try await manage(
      "POST", "/v1/admin/products", ["name": "Shoe"], tenant: tenant)
    try await manage(
      "POST", "/v1/admin/skus",
      [
        "sku": .string(sku), "product_id": product["product_id"]!,
        "prices": [
          ["market": .string(market), "amount": .integer(price), "currency": .string(currency)]
        ],
      ], tenant: tenant)
    try await receive(sku, quantity, market: market, tenant: tenant)
  }

  /// Books a receipt.
  func receive(
    _ sku: String, _ quantity: Int, market: String = "KR", tenant: String = "shop"
  ) async throws {
    try await manage(
      "POST", "/v1/admin/skus/\(sku)/stock-adjustments",
      [
        "quantity": .integer(quantity), "reason": "delivery", "market": .string(market),
      ], tenant: tenant)
    try await untilTold()
  }

  /// Makes a sale of one SKU or several, with the changes of `members`; by default it is open when
  /// this returns.
  func sale(
    _ items: [String: Int], price: Int = 900, currency: String = "KRW", limit: Int? = nil,
    _ members: [String: JSONValue] = [:], tenant: String = "shop", awaiting state: String = "OPEN"
  ) async throws -> String {
    let now = WallClock.system.now()
    var body = JSONObject()
    body["name"] = "Spring"
    body["opens_at"] = "\(now - .seconds(60))"
    body["closes_at"] = "\(now + .seconds(3600))"
    body["items"] = .array(
      items.sorted { $0.key < $1.key }.map { sku, quantity in
        [
          "sku": .string(sku), "quantity": .integer(quantity),
          "price": ["amount": .integer(price), "currency": .string(currency)],
          "per_user_limit": JSONValue(limit),
        ]
      })
    for (name, value) in members { body[name] = value }
    let sale = try await manage("POST", "/v1/admin/sales", .object(body), tenant: tenant)
    let id = try #require(sale["sale_id"]?.string)
    try await eventually("sale \(id) is \(state)") {
      try await manage("GET", "/v1/admin/sales/\(id)", tenant: tenant, status: 200)["state"]
        == .string(state)
    }
    try await untilTold()
    return id
  }

  /// Waits until the cells know of all that the ledger has for them, and are open: operators wait for that
  /// only so long, and are answered all the same.
  func untilTold() async throws {
    let told = Statement(
      "test_told",
      """
      select cell, not exists (
          select 1 from spillway.cell_commands k where k.cell = c.cell and k.applied_at is null
        ) as is_told
      from spillway.cells c
      """)
    let node = api.services
    try await eventually(within: .seconds(60), "the cells know") {
      // The ledger may be busy.
      guard let rows = try? await node.database.query(told, []) else { return false }
      return try rows.allSatisfy { row in
        let cell = CellName(try row.decode("cell", as: String.self))!
        return try row.decode("is_told", as: Bool.self) && node.cells.runtime(of: cell).lease.isOpen
      }
    }
  }

  // MARK: Buyers

  /// Sends an order with a key, a new one by default.
  func order(
    _ body: String, _ user: String = "bob", key: String? = nil, admission: String? = nil,
    tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", "/v1/orders", host: "\(tenant).test", token: "\(tenant):\(user):USER",
      headers: [("X-Idempotency-Key", key ?? "\(UInt64.random(in: 0...UInt64.max))")]
        + (admission.map { [("X-Admission-Token", $0)] } ?? []), body: body)
  }

  /// The body of an order of SKUs and quantities.
  static func body(
    _ lines: [(String, Int)], sale: String? = nil, coupon: String? = nil
  ) -> String {
    let lines = lines.map { #"{"sku":"\#($0)","quantity":\#($1)}"# }.joined(separator: ",")
    let others = [("sale_id", sale), ("coupon_id", coupon)].map { name, id in
      id.map { #","\#(name)":"\#($0)""# } ?? ""
    }
    return #"{"lines":[\#(lines)]\#(others.joined())}"#
  }

  func get(
    _ path: String, _ user: String? = "bob:USER", tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "GET", path, host: "\(tenant).test", token: user.map { "\(tenant):\($0)" })
  }

  /// Available, reserved and sold of a SKU.
  func level(_ sku: String, sale: String? = nil) async throws -> [Int] {
    let response = try await get(
      "/v1/skus/\(sku)/stock\(sale.map { "?sale_id=\($0)" } ?? "")", nil)
    #expect(response.status == 200, "\(response.text)")
    let data = try response.json["data"]
    return ["available", "reserved", "sold"].compactMap { data?[$0]?.integer }
  }
}

/// Runs `body` with a shop on a loop of its own.
///
/// - Parameters:
///   - reservation: how long a reservation lasts where a sale does not say.
///   - markets: the rules of markets.
///   - deadline: of a request: below what a client of these tests waits for an answer, and more than a
///     machine stands still.
///   - isProxied: whether the node reaches its ledger through a ``Proxy``.
///   - options: of its Redis.
///   - configure: sets what else the node is made with.
func withShop<Result: Sendable>(
  reservation: Duration = .seconds(600), markets: MarketBook = .empty,
  deadline: Duration = .seconds(15), isProxied: Bool = false,
  redis options: RedisServer.Options = .fast,
  configure: @escaping @Sendable (inout Node.Configuration) -> Void = { _ in },
  _ body: @escaping @Sendable (Shop) async throws -> Result
) async throws -> Result {
  let database = try await SharedServers.database()
  return try await withRedis(options) { redis in
    try await withEventLoop { loop in
      let proxy = isProxied ? try Proxy(toDatabase: database, loop: loop) : nil
      defer { proxy?.close() }
      let shop = try await makeShop(
        redis, database, proxy, reservation, markets, deadline, configure, loop)
      do {
        let result = try await body(shop)
        await close(shop)
        return result
      } catch {
        await close(shop)
        throw error
      }
    }
  }
}

private func makeShop(
  _ redis: RedisServer, _ database: String, _ proxy: Proxy?, _ reservation: Duration,
  _ markets: MarketBook, _ deadline: Duration, _ configure: (inout Node.Configuration) -> Void,
  _ loop: EventLoop
) async throws -> Shop {
  var configuration = Node.Configuration(
    redis: try .patient(url: redis.url), database: try .patient(url: proxy?.url ?? database))
  configuration.claimLimits.callTimeout = .seconds(10)
  configuration.reservation = reservation
  configuration.markets = markets
  configure(&configuration)
  let logger = Logger(label: "test", sink: .none)
  let node = Node(
    configuration: configuration, loop: loop, logger: logger, metrics: MetricsRegistry())
  node.start()
  try await node.database.whenReady(deadline: .seconds(60))
  _ = try await Migrator(migrations: Migration.embedded).run(on: node.database)
  for name in ["shop", "other"] {
    try await TenantStore(pool: node.database).put(
      Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR"),
      hosts: [Host("\(name).test")!])
  }
  var settings = APISettings()
  settings.limits.requestDeadline = deadline
  let api = try APIUnderTest(SpillwayRoutes.table, services: node, loop: loop, settings: settings)
  return Shop(
    api: api, daemon: try startReconciler(redis, database, loop), redis: redis,
    database: database, proxy: proxy)
}

private func startReconciler(
  _ redis: RedisServer, _ database: String, _ loop: EventLoop
) throws -> ReconcilerDaemon {
  let daemon = ReconcilerDaemon(
    configuration: .init(
      redis: try RedisConfiguration(url: redis.url),
      database: try PostgresConfiguration(url: database)), loop: loop,
    logger: Logger(label: "test", sink: .none), metrics: MetricsRegistry())
  daemon.start()
  return daemon
}

extension Shop {
  /// A reconciler beside the shop's own, or after it.
  func startReconciler() throws -> ReconcilerDaemon {
    try APITests.startReconciler(redis, database, api.loop)
  }
}

private func close(_ shop: Shop) async {
  await shop.daemon.stop()
  shop.api.services.stop()
  shop.api.server.close()
}
