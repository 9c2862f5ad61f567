import Domain
import Ledger
import Postgres
import Services
import TestSupport
import Testing

@testable import API

extension Shop {
  private var pool: PostgresPool { api.services.database }

  private static func newID() -> Identifier {
    var random = SystemRandomNumberGenerator()
    return Identifier(at: WallClock.system.now(), using: &random)
  }

  /// Puts so much into the wallet of a user.
  func charge(_ amount: Int, _ user: String = "bob", expiresAt: Instant? = nil) async throws {
    let posting = WalletPosting(
      id: Self.newID(), tenant: TenantID("shop")!, user: UserID(user)!, unit: .currency(.won),
      amount: amount, expiresAt: expiresAt, counterparty: .funding, reason: "charge",
      actor: "test")
    guard case .done = try await WalletStore(pool: pool).credit([posting])[0] else {
      Issue.record("nothing was charged")
      return
    }
  }

  /// Won in the wallet of a user.
  func won(of user: String = "bob") async throws -> Int {
    let rows = try await pool.query(
      """
      select balance from spillway.wallet_accounts where tenant_id = 'shop' and owner = $1
        and unit = 'KRW'
      """, [.text(user)])
    return try rows.first?.decode(0) ?? 0
  }

  /// Places an order, once the cell has its stock, and waits for it in the ledger.
  func placed(_ lines: [(String, Int)], _ user: String = "bob", sale: String? = nil) async throws
    -> String
  {
    let placed = try await order(Self.body(lines, sale: sale), user)
    #expect(placed.status == 201, "\(placed.text)")
    let id = try #require(try placed.json["data"]?["order_id"]?.string)
    #expect(try await get("/v1/orders/\(id)", "\(user):USER").status == 200)
    return id
  }

  /// Places an order and pays it from a wallet that is charged for it.
  func bought(_ lines: [(String, Int)], _ user: String = "bob", sale: String? = nil) async throws
    -> String
  {
    let id = try await placed(lines, user, sale: sale)
    let total = try await get("/v1/orders/\(id)", "\(user):USER").json["data"]?["total"]?["amount"]
    let amount = try #require(total?.integer)
    if amount > 0 { try await charge(amount, user) }
    try await settle(id, user)
    return id
  }

  /// Pays an order from its user's wallet.
  func settle(_ order: String, _ user: String = "bob") async throws {
    let digest = RequestDigest(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
    let decisions = try await PaymentStore(pool: pool).pay([
      PaymentStore.Wish(
        tenant: TenantID("shop")!, order: Identifier(order)!, user: UserID(user)!,
        payment: Self.newID(), idempotency: RequestIdempotency(key: digest, fingerprint: digest))
    ])
    guard case .paid = decisions[0] else {
      Issue.record("not paid: \(decisions)")
      return
    }
  }

  /// Sends a wish for an order: `cancel`, `refund`, or a transition.
  func undo(
    _ what: String, _ order: String, _ caller: String = "bob:USER",
    body: String = #"{"reason":"changed"}"#, key: String? = nil
  ) async throws -> HTTPTestResponse {
    let path =
      what == "transitions"
      ? "/internal/v1/orders/\(order)/transitions" : "/v1/orders/\(order)/\(what)"
    return try await api.ask(
      "POST", path, token: "shop:\(caller)",
      headers: [("X-Idempotency-Key", key ?? "\(UInt64.random(in: 0...UInt64.max))")], body: body)
  }

  /// Takes an order to a status as the parts behind the shop do.
  @discardableResult
  func take(_ order: String, to status: String) async throws -> HTTPTestResponse {
    try await undo(
      "transitions", order, Self.admin, body: #"{"to":"\#(status)","reason":"shipped"}"#)
  }

  /// The invariants that an audit finds breached.
  func breaches() async throws -> [String] {
    let node = api.services
    let report = try await Audit(redis: node.redis, pool: node.database).run()
    return report.breaches.map { "\($0.name): \($0.detail)" }
  }
}
