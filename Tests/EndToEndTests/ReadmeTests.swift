import Foundation
import TestSupport
import Testing

/// Holds README.md to its word: its commands are run as they stand there.
@Suite struct ReadmeTests {
  private static let sale = "01900000-0000-7000-8000-000000000002"
  private static let product = "01900000-0000-7000-8000-000000000011"

  @Test func `the first sale by curl goes as the README says`() async throws {
    let readers = try Documentation.shellBlock(under: "A first sale by curl", of: "README.md")
    try await withInstance(in: try await DataFolder.make()) { instance in
      try await saleHasItsStock(instance)
      let address = "\(instance.site.host):\(instance.site.port)"
      let commands =
        try readers
        .replacing("localhost:8080", with: address)
        .replacing(".build/release/spillway", with: "'\(RunningProgram.executable)'")
        .replacing("--data data", with: "--data '\(instance.folder)'")
      let folder = TestFolder.make("readme")
      let result = try await commands.run(
        in: folder, environment: try CurlSession.prepare(in: folder))
      let session = try CurlSession(result, at: address)
      try checkClaims(session, result.transcript)
      let order = try checkOrder(session, result.transcript)
      try checkMoney(of: order.id, session, result.transcript)
      // The last command is the audit.
      #expect(result.status == .exited(0), "\(result.transcript)")
      #expect(result.output.hasSuffix(" checks, all hold\n"), "\(result.transcript)")
      try await checkSameKey(order, instance)
    }
  }

  @Test(arguments: [
    ("No such section", "README.md has no section 'No such section'"),
    ("Where to go on", "README.md has no block of shell commands under 'Where to go on'"),
  ])
  func `commands that have gone from a document are named`(
    _ heading: String, _ complaint: String
  ) {
    let error = #expect(throws: Documentation.Missing.self) {
      try Documentation.shellBlock(under: heading, of: "README.md")
    }
    #expect(error?.description == complaint)
  }

  /// Waits until the sale can be ordered from, as a reader has by the time of typing. Until then an order is
  /// told to come again; then one of more than a user may have is refused, and leaves nothing behind.
  private func saleHasItsStock(_ instance: Instance) async throws {
    let token = try await instance.token("greedy")
    let body = """
      {"sale_id":"\(Self.sale)","lines":[{"sku":"runner-black-270","quantity":3}]}
      """
    try await eventually(within: .seconds(60), "the stock of the sale") {
      let answer = try await instance.site.request(
        "POST", "/v1/orders", token: token, headers: [("X-Idempotency-Key", "three")], body: body)
      return answer.errorCode == "LIMIT_REACHED"
    }
  }

  // MARK: What the comments promise

  /// Ann's coupon is the only one, and stays hers.
  private func checkClaims(_ session: CurlSession, _ told: String) throws {
    let made = try #require(session.answer(to: "POST /v1/admin/campaigns"), "\(told)")
    #expect(made.status == 201, "\(told)")
    let campaign = try #require(made.data?["campaign_id"] as? String, "\(told)")
    let claims = session.answers(to: "POST /v1/campaigns/\(campaign)/coupons")
    try #require(claims.map(\.status) == [201, 200, 410], "\(told)")
    let coupon = try #require(claims[0].data?["coupon_id"] as? String, "\(told)")
    #expect(claims[0].headers["idempotent-replayed"] == nil, "\(told)")
    #expect(claims[1].headers["idempotent-replayed"] == "true", "\(told)")
    #expect(claims[1].data?["coupon_id"] as? String == coupon, "\(told)")
    #expect(claims[2].errorCode == "SOLD_OUT", "\(told)")
    let issues = try #require(
      session.answer(to: "GET /v1/admin/campaigns/\(campaign)/issues"), "\(told)")
    #expect(issues.status == 200, "\(told)")
    #expect(issues.page.compactMap { $0["coupon_id"] as? String } == [coupon], "\(told)")
    #expect(issues.page.compactMap { $0["user_id"] as? String } == ["ann"], "\(told)")
  }

  /// An order as it was answered, and the coupon in it.
  private struct PlacedOrder {
    let id: String
    let coupon: String
  }

  /// The welcome coupon takes a part off a pair that is reserved.
  private func checkOrder(_ session: CurlSession, _ told: String) throws -> PlacedOrder {
    let products = try #require(session.answer(to: "GET /v1/products"), "\(told)")
    #expect(products.status == 200, "\(told)")
    #expect(
      products.page.contains { $0["product_id"] as? String == Self.product }, "\(told)")
    let claim = try #require(
      session.answer(to: "POST /v1/campaigns/\(demoCampaign)/coupons"), "\(told)")
    #expect(claim.status == 201, "\(told)")
    let coupon = try #require(claim.data?["coupon_id"] as? String, "\(told)")
    let order = try #require(session.answer(to: "POST /v1/orders"), "\(told)")
    #expect(order.status == 201, "\(told)")
    #expect(order.data?["status"] as? String == "PENDING", "\(told)")
    #expect(order.data?["coupon_id"] as? String == coupon, "\(told)")
    #expect(order.amount("subtotal") == 99_000, "\(told)")
    #expect(order.amount("discount") == 5_000, "\(told)")
    #expect(order.amount("total") == 94_000, "\(told)")
    let stock = try #require(
      session.answer(to: "GET /v1/skus/runner-black-270/stock?sale_id=\(Self.sale)"), "\(told)")
    #expect(stock.status == 200, "\(told)")
    #expect(stock.data?["reserved"] as? Int == 1, "\(told)")
    #expect(stock.data?["available"] as? Int == 399, "\(told)")
    let id = try #require(order.data?["order_id"] as? String, "\(told)")
    return PlacedOrder(id: id, coupon: coupon)
  }

  /// The pair is paid and the money comes back, which the wallet shows, newest first.
  private func checkMoney(of order: String, _ session: CurlSession, _ told: String) throws {
    let payment = try #require(session.answer(to: "POST /v1/orders/\(order)/payment"), "\(told)")
    #expect(payment.status == 200, "\(told)")
    #expect(payment.data?["status"] as? String == "PAID", "\(told)")
    #expect(payment.amount("balance_after") == 906_000, "\(told)")
    let refund = try #require(session.answer(to: "POST /v1/orders/\(order)/refund"), "\(told)")
    #expect(refund.status == 200, "\(told)")
    #expect(refund.data?["status"] as? String == "REFUNDED", "\(told)")
    #expect(refund.amount("refunded") == 94_000, "\(told)")
    let wallet = try #require(session.answer(to: "GET /v1/wallet/transactions"), "\(told)")
    #expect(wallet.status == 200, "\(told)")
    let changes = wallet.page.prefix(2).map { change in
      "\(change["kind"] as? String ?? "") \(HTTPTestResponse.amount(change["amount"]) ?? 0)"
    }
    #expect(changes == ["refund 94000", "payment -94000"], "\(told)")
  }

  /// The same request under the key of the README's order is answered with that order.
  private func checkSameKey(_ order: PlacedOrder, _ instance: Instance) async throws {
    let body = """
      {"sale_id":"\(Self.sale)","coupon_id":"\(order.coupon)",
      "lines":[{"sku":"runner-black-270","quantity":1}]}
      """
    let again = try await instance.site.request(
      "POST", "/v1/orders", token: try await instance.token("U1"),
      headers: [("X-Idempotency-Key", "first-pair")], body: body)
    #expect(again.status == 201, "\(again.text)")
    #expect(again.headers["idempotent-replayed"] == "true", "\(again.text)")
    #expect(again.data?["order_id"] as? String == order.id, "\(again.text)")
  }
}

extension HTTPTestResponse {
  /// The elements of a page.
  fileprivate var page: [[String: Any]] { json["data"] as? [[String: Any]] ?? [] }

  /// The minor units of money in the data.
  fileprivate func amount(_ name: String) -> Int? { Self.amount(data?[name]) }

  fileprivate static func amount(_ money: Any?) -> Int? {
    (money as? [String: Any])?["amount"] as? Int
  }
}
