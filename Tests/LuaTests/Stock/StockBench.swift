import Domain
import Redis
import TestSupport

@testable import HotPath

/// The stock of a test's own cell: calls of the scripts by the types of the hot path.
struct StockBench {
  let bench: ScriptBench
  var client: RedisClient { bench.client }
  var keys: CellKeys { bench.keys }

  static let life = 600_000

  /// Opens a cell for `body`.
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable (StockBench) async throws -> Result
  ) async throws -> Result {
    try await ScriptBench.run {
      let bench = StockBench(bench: $0)
      try await bench.untilFarFromMidnight()
      return try await body(bench)
    }
  }

  /// What is kept day by day must not be told of two days: a day that is nearly over is waited out.
  private func untilFarFromMidnight() async throws {
    try await eventually(within: .seconds(60), "the day is young") {
      try await today().milliseconds < 86_400_000 - 20_000
    }
  }

  /// An order that remembers how it ended.
  final class Order: ReserveOperation {
    private(set) var outcome: ReserveOutcome?

    override func ended(_ outcome: ReserveOutcome) {
      precondition(self.outcome == nil, "told twice")
      self.outcome = outcome
    }

    var decision: ReserveDecision? {
      if case .decided(let decision, _, _) = outcome { decision } else { nil }
    }

    /// The id that it got, or had got before.
    var order: Identifier {
      switch decision {
      case .granted(let reservation), .replayed(let reservation): reservation.order
      default: preconditionFailure("has no id: \(String(describing: outcome))")
      }
    }

    var rate: RateAllowance? {
      if case .decided(_, _, let rate) = outcome { rate } else { nil }
    }

    var position: StreamPosition? {
      if case .decided(_, let position, _) = outcome { position } else { nil }
    }
  }

  /// The open stock, or a sale, as a loop knows it.
  func sale(_ scope: StockScope = .open, policy: RatePolicy? = nil) -> HotSale {
    HotSale(
      scope: scope, market: Market("KR")!, keys: keys, reservationMilliseconds: Self.life,
      ratePolicy: policy)
  }

  /// An order of (SKU, quantity) lines; each has a key of its own unless one is given.
  func order(
    _ sale: HotSale, _ user: String, _ lines: [(String, Int)], key: UInt64? = nil,
    high: UInt64 = 0, fingerprint: UInt64 = 1, terms: String = OrderTermsWord.none
  ) -> Order {
    var random = SystemRandomNumberGenerator()
    return Order(
      sale: sale, user: user,
      idempotency: RequestIdempotency(
        key: RequestDigest(high: key == nil ? 1 : high, low: key ?? random.next()),
        fingerprint: RequestDigest(high: 0, low: fingerprint)),
      lines: lines.map { .init(stock: sale.stock(SKU($0)!), quantity: $1) }, terms: terms)
  }

  /// Has a batch decided; returns Redis' clock, or the reply if there were no decisions.
  @discardableResult
  func reserve(
    _ orders: [Order], lease: String = ScriptBench.lease, streamLimit: Int = 100_000_000
  ) async throws -> (now: Instant?, reply: String) {
    let batch = ReserveBatch(orders)
    return await withCheckedContinuation { continuation in
      client.evaluate(
        ScriptCatalog.reserve.script, keyCount: batch.keyCount,
        argumentCount: batch.argumentCount,
        write: { [keys] writer in
          batch.writeKeys(keys, into: &writer)
          batch.writeArguments(
            lease: Array(lease.utf8), streamLimit: streamLimit, into: &writer)
        },
        completion: { reply in
          guard reply.kind == .string, case .decided(let decisions) = CellReply(reply.bytes) else {
            return continuation.resume(returning: (nil, reply.text))
          }
          batch.deliver(decisions)
          continuation.resume(returning: (decisions.now, reply.text))
        })
    }
  }

  /// One order by itself.
  func reserve(_ order: Order) async throws -> ReserveDecision? {
    try await reserve([order])
    return order.decision
  }

  // MARK: Commands

  /// Puts an account; answers whether the version was new, -1 when closed.
  @discardableResult
  func put(
    _ sku: String, _ received: Int, scope: StockScope = .open, price: Int = 100,
    currency: Currency = .won, limit: Int = 0, product: String? = nil, version: Int = 1,
    lease: String = ScriptBench.lease
  ) async throws -> Int {
    let reply = try await client.evaluate(
      ScriptCatalog.putStock.script,
      keys: [keys.lease, keys.stream, keys.stock(scope, SKU(sku)!)],
      arguments: [
        lease, version, sku, product ?? "p-\(sku)", received, price, currency.rawValue, limit,
        scope.description, keys.channel,
      ])
    return reply[0].integer ?? -1
  }

  /// Puts a sale; answers whether the version was new, -1 when closed.
  @discardableResult
  func put(
    sale: Identifier, _ terms: SaleTerms, isReady: Bool = true, version: Int = 1,
    lease: String = ScriptBench.lease
  ) async throws -> Int {
    let policy = terms.ratePolicy
    let reply = try await client.evaluate(
      ScriptCatalog.putSale.script, keys: [keys.lease, keys.stream, keys.sale(.sale(sale))],
      arguments: [
        lease, version, sale.description, Int(terms.opensAt.milliseconds),
        Int(terms.closesAt.milliseconds), isReady ? 1 : 0, policy.map { "\($0.limit)" } ?? "",
        policy.map { "\($0.windowMilliseconds)" } ?? "", policy.map { "\($0.burst)" } ?? "",
        policy?.scope.rawValue ?? "", keys.channel,
      ])
    return reply[0].integer ?? -1
  }

  /// What to do with an order.
  enum Action: String { case release, commit }

  /// Settles orders whose stock is among `accounts`; the reply as it is.
  func settle(
    _ orders: [(Action, Identifier)], in scopes: [Identifier: StockScope] = [:],
    accounts: [(StockScope, String)],
    lease: String = ScriptBench.lease
  ) async throws -> RedisValue {
    var scriptKeys: [any RedisArgument] = [keys.lease, keys.stream, keys.reserved]
    for bucket in keys.popular + keys.answers { scriptKeys.append(bucket) }
    var arguments: [any RedisArgument] = [lease, keys.channel, accounts.count]
    for (scope, sku) in accounts {
      scriptKeys += [keys.stock(scope, SKU(sku)!), keys.bought(scope, SKU(sku)!)]
      arguments.append("\(scope):\(sku)")
    }
    for (action, order) in orders {
      arguments += [
        action.rawValue, order.description, (scopes[order] ?? .open).description,
      ]
    }
    return try await client.evaluate(
      ScriptCatalog.settleOrders.script, keys: scriptKeys, arguments: arguments)
  }

  /// Takes pieces out of an account; the reply as it is.
  func take(
    _ wanted: Int, of sku: String, scope: StockScope = .open, movement: Identifier,
    lease: String = ScriptBench.lease, streamLimit: Int = 100_000_000
  ) async throws -> String {
    let reply = try await client.evaluate(
      ScriptCatalog.takeStock.script,
      keys: [
        keys.lease, keys.stream, keys.stock(scope, SKU(sku)!), keys.taken(movement),
      ],
      arguments: [lease, streamLimit, movement.description, scope.description, wanted])
    return reply.text ?? "\(reply)"
  }

  // MARK: What there is

  /// The day since 1970 by Redis' clock, and the milliseconds that it has lasted.
  func today() async throws -> (day: Int, milliseconds: Int) {
    let time = try await client.send(RedisCommand("TIME"))
    let milliseconds = time[0].integer! * 1000 + time[1].integer! / 1000
    return (milliseconds / 86_400_000, milliseconds % 86_400_000)
  }

  func level(_ sku: String, scope: StockScope = .open) async throws -> StockLevel? {
    try await StockReader.read([(scope, SKU(sku)!)], keys: keys, client: client)
      .accounts[0]?.level
  }

  /// The fields of a hash, or the members of a sorted set with their scores.
  func fields(_ key: [UInt8], sorted: Bool = false) async throws -> [String: String] {
    let reply = try await client.send(
      sorted ? RedisCommand("ZRANGE", key, 0, -1, "WITHSCORES") : RedisCommand("HGETALL", key))
    let texts = (reply.array ?? []).compactMap(\.text)
    return Dictionary(
      uniqueKeysWithValues: stride(from: 0, to: texts.count, by: 2).map {
        (texts[$0], texts[$0 + 1])
      })
  }

  /// The payloads of one kind in the stream, in order.
  func facts(_ kind: String) async throws -> [[UInt8]] {
    let entries = try await client.send(RedisCommand("XRANGE", keys.stream, "-", "+"))
    var payloads: [[UInt8]] = []
    for entry in entries.array ?? [] {
      let fields = entry[1].array ?? []
      for index in stride(from: 0, to: fields.count, by: 2) where fields[index].text == kind {
        payloads.append(fields[index + 1].bytes ?? [])
      }
    }
    return payloads
  }

  /// The orders of the reserved facts, in order: order, user, lines.
  func reservedFacts() async throws -> [String] {
    var orders: [String] = []
    for payload in try await facts(StockReservedFact.kind) {
      let isWhole = payload.withUnsafeBytes { bytes in
        StockReservedFact.read(bytes) { order in
          let lines = order.lines.map {
            "\(String(decoding: $0.sku, as: UTF8.self))x\($0.quantity)@\($0.unitPrice)"
          }
          orders.append(
            "\(order.order) \(String(decoding: order.user, as: UTF8.self)) \(order.scope) "
              + lines.joined(separator: "+"))
        }
      }
      precondition(isWhole, "malformed: \(String(decoding: payload, as: UTF8.self))")
    }
    return orders
  }
}

extension SaleTerms {
  /// Open for all that a test takes.
  static func open(ratePolicy: RatePolicy? = nil) -> SaleTerms {
    SaleTerms(
      opensAt: Instant(milliseconds: 0), closesAt: Instant(milliseconds: 4_000_000_000_000),
      ratePolicy: ratePolicy)
  }
}
