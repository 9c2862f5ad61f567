import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CouponFactsTests {
  @Test func `facts and cursor move together, and only from where the cursor stands`() async throws
  {
    try await LedgerBench.run { bench in
      _ = try await bench.store.acquire(as: "one", hold: .seconds(10), limit: 10)
      let facts = bench.facts([
        .init(sequence: 1, user: "ann"), .init(sequence: 2, user: "ben", digest: "d2"),
        .init(sequence: 3, user: "ann", ordinal: 2),
      ])
      #expect(try await bench.apply(facts, from: 0, to: 5) == .applied(new: 3))
      #expect(try await bench.cursor() == 5)
      #expect(try await bench.issued() == 3)
      #expect(try await bench.apply(facts, from: 0, to: 5) == .refused)
      #expect(try await bench.apply(facts, as: "two", from: 5, to: 9) == .refused)
      #expect(try await bench.cursor() == 5)
      #expect(try await bench.couponCount() == 3)
      let rows = try await bench.pool.query(
        """
        select idempotency_digest, coupon_id, (extract(epoch from issued_at) * 1000)::bigint
        from spillway.coupons order by sequence
        """)
      #expect(try rows.map { try $0.decode(0, as: String?.self) } == [nil, "d2", nil])
      #expect(try rows[0].decode(2, as: Int.self) == 1_763_678_461_123)
      let coupon = CouponIdentity.identifier(
        campaign: bench.campaign.id, sequence: 1,
        issuedAt: Instant(milliseconds: 1_763_678_461_123))
      #expect(Identifier(try rows[0].decode(1, as: PostgresUUID.self)) == coupon)
    }
  }

  @Test func `facts that are in the ledger already change nothing when they come again`()
    async throws
  {
    try await LedgerBench.run { bench in
      _ = try await bench.store.acquire(as: "one", hold: .seconds(10), limit: 10)
      let first = [LedgerBench.Coupon(sequence: 1, user: "ann"), .init(sequence: 2, user: "ben")]
      _ = try await bench.apply(bench.facts(first), from: 0, to: 5)
      let again = bench.facts(first + [.init(sequence: 3, user: "cat")])
      #expect(try await bench.apply(again, from: 5, to: 6) == .applied(new: 1))
      #expect(try await bench.issued() == 3)
      #expect(try await bench.apply(bench.facts([]), from: 6, to: 7) == .applied(new: 0))
      #expect(try await bench.cursor() == 7)
    }
  }

  @Test(arguments: [
    "another holder", "another instant", "over the quantity", "unknown campaign", "ordinal twice",
  ])
  func `a contradiction takes none of the batch`(kind: String) async throws {
    try await LedgerBench.run(quantity: 3) { bench in
      _ = try await bench.store.acquire(as: "one", hold: .seconds(10), limit: 10)
      let first = bench.facts([.init(sequence: 1, user: "ann"), .init(sequence: 2, user: "ben")])
      _ = try await bench.apply(first, from: 0, to: 5)
      let batch =
        switch kind {
        case "another holder":
          bench.facts([.init(sequence: 3, user: "cat"), .init(sequence: 2, user: "eve")])
        case "another instant":
          bench.facts([
            .init(sequence: 3, user: "cat"), .init(sequence: 2, user: "ben", milliseconds: 7),
          ])
        case "over the quantity":
          bench.facts([.init(sequence: 3, user: "cat"), .init(sequence: 4, user: "dan")])
        case "unknown campaign":
          bench.facts([.init(sequence: 3, user: "cat")], of: Identifier(high: 1, low: 2))
        default: bench.facts([.init(sequence: 3, user: "ann", ordinal: 1)])
        }
      let error = await #expect(throws: PostgresError.self) {
        _ = try await bench.apply(batch, from: 5, to: 9)
      }
      #expect(error?.sqlState?.hasPrefix("23") == true)
      // The server quotes whole rows; who holds or made what is not for logs.
      #expect(error.map { "\($0)".contains("Failing row") || "\($0)".contains("ann") } == false)
      #expect(try await bench.cursor() == 5)
      #expect(try await bench.couponCount() == 2)
      #expect(try await bench.issued() == 2)
    }
  }
}
