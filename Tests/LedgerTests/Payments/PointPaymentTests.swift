import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Payments of orders whose prices are in points.
@Suite struct PointPaymentTests {
  private static func points(_ amount: Int) -> Money { Money(amount: amount, currency: .point) }
  private static func won(_ amount: Int) -> Money { Money(amount: amount, currency: .won) }

  /// What is in the wallets of a user, by unit.
  private func balances(_ bench: StockBench, _ user: String = "ann") async throws -> [WalletUnit:
    Int]
  {
    let found = try await bench.wallets.balances(of: UserID(user)!, tenant: bench.tenant)
    return Dictionary(uniqueKeysWithValues: found.map { ($0.unit, $0.balance) })
  }

  @Test func `orders in points and in money of one set are each paid from their own wallet`()
    async throws
  {
    try await StockBench.run { bench in
      let orders = try await bench.placed([
        .init(user: "ann", lines: [("A", 2, 100)], currency: .point),
        .init(user: "ann", lines: [("A", 1, 70)]),
        .init(user: "ben", lines: [("B", 1, 30)], currency: .point),
      ])
      try await bench.charge(500, .point)
      try await bench.charge(100)
      try await bench.charge(30, .point, to: "ben")
      let left = try await bench.pay(orders.map { bench.wish($0) }).map { decision in
        if case .paid(_, _, let left) = decision { left } else { nil as Money? }
      }
      #expect(left == [Self.points(300), Self.won(30), Self.points(0)])
      #expect(try await balances(bench) == [.point: 300, .currency(.won): 30])
      let revenue = try await bench.pool.query(
        """
        select unit, sum(balance)::bigint as balance from spillway.wallet_accounts
         where role = 'revenue' group by unit order by unit
        """)
      #expect(try revenue.map { try $0.decode("unit", as: String.self) } == ["KRW", "POINT"])
      #expect(try revenue.map { try $0.decode("balance", as: Int.self) } == [70, 230])
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `neither money nor the points of others pay for what is missing`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed([
        .init(user: "ann", lines: [("A", 1, 100)], currency: .point),
        .init(user: "ben", lines: [("A", 1, 100)]),
      ])
      try await bench.charge(5_000)
      try await bench.charge(99, .point)
      try await bench.charge(5_000, .point, to: "ben")
      #expect(
        try await bench.pay(orders.map { bench.wish($0) }) == [
          .short(balance: Self.points(99), needed: Self.points(100)),
          .short(balance: Self.won(0), needed: Self.won(100)),
        ])
      #expect(try await balances(bench) == [.point: 99, .currency(.won): 5_000])
      try await bench.charge(1, .point)
      guard case .paid = try await bench.pay([bench.wish(orders[0])])[0] else {
        Issue.record("not paid")
        return
      }
      #expect(try await balances(bench) == [.point: 0, .currency(.won): 5_000])
      #expect(try await bench.moneyFaults() == [])
    }
  }
}
