import Domain
import Postgres
import TestSupport
import Testing

@testable import API

/// What a market lets customers and agents have back.
@Suite struct RefundPolicyTests {
  private func book(_ policy: SelfServiceRefunds, returnDays: Int? = nil) -> MarketBook {
    var book = MarketBook()
    let isAdded = book.add(
      MarketRules(
        market: Market("KR")!, currency: .won, returnDays: returnDays, selfServiceRefunds: policy),
      of: nil)
    precondition(isAdded)
    return book
  }

  private func isRefused(_ response: HTTPTestResponse, by policy: String) throws -> Bool {
    try response.status == 403 && response.code == "FORBIDDEN"
      && response.json["error"]?["details"]?["policy"] == .string(policy)
  }

  private static let amount = #"{"reason":"r","amount":100}"#
  private static let piece = #"{"reason":"r","lines":[{"sku":"a","quantity":1}]}"#

  @Test func `a customer gets pieces back, not amounts, where the market says so`() async throws {
    try await withGoods(markets: book(.lines)) { shop in
      let id = try await shop.bought([("a", 2), ("b", 1)])
      let refused = try await shop.undo("refund", id, body: Self.amount)
      #expect(try isRefused(refused, by: "self_service_refunds=lines"), "\(refused.text)")
      #expect(try await shop.won() == 0)
      #expect(try await shop.undo("refund", id, body: Self.piece).status == 200)
      let agent = try await shop.undo("refund", id, "carl:CS_AGENT", body: Self.amount)
      #expect(agent.status == 200, "\(agent.text)")
      #expect(try await shop.undo("refund", id).status == 200)
      #expect(try await shop.won() == 2500)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a customer gets nothing back alone where the market says so, but may cancel`()
    async throws
  {
    try await withGoods(markets: book(.none, returnDays: 7)) { shop in
      let id = try await shop.bought([("a", 1)])
      for body in [#"{"reason":"r"}"#, Self.piece, Self.amount] {
        let refused = try await shop.undo("refund", id, body: body)
        #expect(try isRefused(refused, by: "self_service_refunds=none"), "\(refused.text)")
      }
      #expect(try await shop.won() == 0)
      #expect(try await shop.undo("cancel", id).status == 200)
      #expect(try await shop.won() == 1000)
    }
  }

  @Test
  func `what was shipped is paid back on the shop's word alone, unless there are days of return`()
    async throws
  {
    try await withGoods { shop in
      let id = try await shop.bought([("a", 2)])
      try await shop.take(id, to: "FULFILLED")
      for body in [#"{"reason":"r"}"#, Self.piece, Self.amount] {
        let refused = try await shop.undo("refund", id, body: body)
        #expect(try isRefused(refused, by: "return_days"), "\(refused.text)")
      }
      #expect(try await shop.won() == 0)
      #expect(try await shop.undo("refund", id, "carl:CS_AGENT", body: Self.piece).status == 200)
      #expect(try await shop.undo("refund", id, "carl:CS_AGENT").status == 200)
      #expect(try await shop.won() == 2000)
    }
    try await withGoods(markets: book(.lines, returnDays: 7)) { shop in
      let id = try await shop.bought([("a", 2)])
      try await shop.take(id, to: "FULFILLED")
      let refused = try await shop.undo("refund", id, body: Self.amount)
      #expect(try isRefused(refused, by: "self_service_refunds=lines"), "\(refused.text)")
      #expect(try await shop.undo("refund", id, body: Self.piece).status == 200)
      #expect(try await shop.won() == 1000)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `behind the days of return only managers give money back`() async throws {
    var markets = MarketBook()
    let rules = MarketRules(market: Market("KR")!, currency: .won, returnDays: 7)
    let isAdded = markets.add(rules, of: nil)
    #expect(isAdded)
    try await withGoods(markets: markets) { shop in
      let id = try await shop.bought([("a", 1)])
      try await shop.take(id, to: "FULFILLED")
      // Payments are never changed, but for a test.
      for statement in [
        "alter table spillway.payments disable trigger user",
        "update spillway.payments set paid_at = paid_at - interval '8 days'",
        "update spillway.orders set paid_at = paid_at - interval '8 days'",
        "alter table spillway.payments enable trigger user",
      ] {
        _ = try await shop.api.services.database.query(Statement(unprepared: statement))
      }
      for caller in ["bob:USER", "carl:CS_AGENT"] {
        let late = try await shop.undo("refund", id, caller)
        #expect(late.status == 410 && late.code == "EXPIRED", "\(late.text)")
      }
      #expect(try await shop.won() == 0)
      let given = try await shop.undo("refund", id, "olga:OPERATIONS_MANAGER")
      #expect(given.status == 200)
      #expect(try await shop.won() == 1000)
    }
  }
}
