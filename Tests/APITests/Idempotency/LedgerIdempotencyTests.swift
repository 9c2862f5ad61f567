import Domain
import HTTP
import Postgres
import Redis
import Services
import TestSupport
import Testing

@testable import API

/// Every ordinary route that changes something under an idempotency key, those that come later too: done,
/// Redis wiped, asked again.
@Suite struct LedgerIdempotencyTests {
  /// A request of one of these routes.
  struct Deed {
    let operation: String
    let path: String
    let body: JSONValue
    /// Whether only the key keeps a repeat from doing it again. Else the effect is had once by its nature,
    /// as of an order that can be cancelled once.
    var isRepeatable = true
    /// Whether the ledger records the key: a repeat is then told that it is one, and the key is for no other
    /// request. Else the effect is had once by its nature and a repeat finds it done.
    var isRecorded = true

    var key: String { "\(operation) \(path)".filter { $0 != " " } }
  }

  /// What the effects of all deeds together leave behind.
  private static let traces = [
    "stock_movements", "stock_entries", "location_entries", "wallet_transactions", "wallet_entries",
    "refunds", "orders", "coupon_recalls", "wallet_holds",
  ]

  @Test func `what was done under a key is done once, also when Redis is wiped`() async throws {
    try await withShop { shop in
      let node = shop.api.services
      let api = try APIUnderTest(
        SpillwayRoutes.table, services: node, loop: shop.api.loop, settings: APISettings(),
        idempotency: node.idempotency)
      defer { api.server.close() }
      let deeds = try await Self.deeds(in: shop)
      #expect(Set(deeds.map(\.operation)) == Self.operations(on: node))

      var first: [HTTPTestResponse] = []
      for deed in deeds {
        let answer = try await Self.send(deed, to: api)
        #expect(answer.status < 300, "\(deed.key): \(answer.text)")
        #expect(answer.headers["idempotent-replayed"] == nil, "\(deed.key)")
        first.append(answer)
      }
      let before = try await Self.traces(of: shop)
      _ = try await node.redis.client(for: "any").send(RedisCommand("FLUSHALL"))
      for (deed, first) in zip(deeds, first) {
        var again = first
        // The cells are rebuilt meanwhile.
        try await eventually("\(deed.key) is answered") {
          again = try await Self.send(deed, to: api)
          return again.status != 503
        }
        #expect(again.status == first.status, "\(deed.key): \(again.text)")
        #expect(try again.json["data"] == first.json["data"], "\(deed.key)")
        guard deed.isRecorded else { continue }
        #expect(again.headers["idempotent-replayed"] == "true", "\(deed.key)")
        var other = deed.body.object!
        other["reason"] = "another"
        let reused = try await Self.send(deed, to: api, body: .object(other))
        #expect(reused.code == "IDEMPOTENCY_KEY_REUSE", "\(deed.key): \(reused.text)")
      }
      #expect(try await Self.traces(of: shop) == before)
      for deed in deeds where deed.isRepeatable {
        let anew = try await Self.send(deed, to: api, key: "anew \(deed.key)".filter { $0 != " " })
        #expect(anew.status == 201, "the test's deed cannot be repeated: \(anew.text)")
      }
      #expect(try await shop.breaches() == [])
    }
  }

  // MARK: What there is

  /// The routes that must be tried: a hot route's script does what it does and keeps the key in one call.
  private static func operations(on node: Node) -> Set<String> {
    Set(
      SpillwayRoutes.table.routes.filter { route in
        guard case .ordinary = route.handler(node) else { return false }
        // What a rate policy gives back is Redis' own, and goes with it.
        return route.description.method != .get && route.description.idempotency != .none
          && route.description.operationID != "refundRatePolicy"
      }.map(\.description.operationID))
  }

  private static func deeds(in shop: Shop) async throws -> [Deed] {
    try await shop.stock("a", 50)
    var locations: [JSONValue] = []
    for name in ["Busan", "Daegu"] {
      locations.append(
        try await shop.manage(
          "POST", "/v1/admin/locations", ["name": .string(name), "market": "KR"])["location_id"]!)
    }
    try await shop.manage(
      "POST", "/v1/admin/skus/a/stock-adjustments",
      ["quantity": 9, "reason": "delivery", "location_id": locations[0]])
    let orders = [
      try await shop.placed([("a", 1)]), try await shop.bought([("a", 2)]),
      try await shop.bought([("a", 1)]),
    ]
    let posting: JSONValue = [
      "amount": 30, "currency": "KRW", "reason": "gift", "ref_type": "test", "ref_id": "1",
    ]
    var smaller = posting.object!
    smaller["amount"] = 5
    try await shop.credit("eve", 50)
    let holds = [try await shop.held(20, of: "eve"), try await shop.held(10, of: "eve")]
    return try await recalls(in: shop) + [
      Deed(
        operation: "adjustStock", path: "/v1/admin/skus/a/stock-adjustments",
        body: ["quantity": 7, "reason": "delivery"]),
      Deed(
        operation: "adjustStock", path: "/v1/admin/skus/a/stock-adjustments?",
        body: ["quantity": -3, "reason": "counted"]),
      Deed(
        operation: "transferStock", path: "/v1/admin/skus/a/transfers",
        body: [
          "from_location_id": locations[0], "to_location_id": locations[1], "quantity": 4,
          "reason": "nearer",
        ]),
      Deed(operation: "creditWallet", path: "/v1/admin/wallets/una/credits", body: posting),
      Deed(
        operation: "debitWallet", path: "/v1/admin/wallets/una/debits",
        body: .object(smaller)),
      Deed(
        operation: "placeWalletHold", path: "/v1/admin/wallets/una/holds",
        body: ["amount": 5, "currency": "KRW", "reason": "trip"]),
      // A hold is ended once.
      Deed(
        operation: "captureWalletHold", path: "/v1/admin/wallets/eve/holds/\(holds[0])/capture",
        body: ["amount": 15], isRepeatable: false),
      Deed(
        operation: "releaseWalletHold", path: "/v1/admin/wallets/eve/holds/\(holds[1])/release",
        body: [:], isRepeatable: false),
      // An order is cancelled once, given back once, and fulfilled once.
      Deed(
        operation: "cancelOrder", path: "/v1/orders/\(orders[0])/cancel",
        body: ["reason": "changed"], isRepeatable: false),
      Deed(
        operation: "refundOrder", path: "/v1/orders/\(orders[1])/refund",
        body: ["reason": "changed"], isRepeatable: false),
      Deed(
        operation: "transitionOrder", path: "/internal/v1/orders/\(orders[2])/transitions",
        body: ["to": "FULFILLED", "reason": "shipped"], isRepeatable: false),
    ]
  }

  /// What was taken back is taken back once, and a repeat finds it so.
  private static func recalls(in shop: Shop) async throws -> [Deed] {
    let campaign = try await shop.campaign()
    let coupon = try await shop.claimed(campaign, "una")
    _ = try await shop.claimed(campaign, "eve")
    try await shop.recorded(2, of: campaign)
    let path = "/v1/admin/campaigns/\(campaign)"
    return [
      ("recallCoupon", "\(path)/coupons/\(coupon)/recall"),
      ("recallCouponsOfUser", "\(path)/users/eve/recall"), ("recallCampaign", "\(path)/recall"),
    ].map { operation, path in
      Deed(
        operation: operation, path: path, body: ["reason": "leaked"], isRepeatable: false,
        isRecorded: false)
    }
  }

  // MARK: Asking

  private static func send(
    _ deed: Deed, to api: APIUnderTest<Node>, key: String? = nil, body: JSONValue? = nil
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", deed.path, token: "shop:\(Shop.admin)",
      headers: [("X-Idempotency-Key", key ?? deed.key)], body: (body ?? deed.body).jsonText)
  }

  private static func traces(of shop: Shop) async throws -> [String: Int] {
    var traces: [String: Int] = [:]
    for table in Self.traces {
      let rows = try await shop.api.services.database.query(
        Statement("test_traces_\(table)", "select count(*) from spillway.\(table)"), [])
      traces[table] = try rows[0].decode(0)
    }
    return traces
  }
}
