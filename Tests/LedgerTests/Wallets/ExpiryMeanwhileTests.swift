import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Lots whose time is over while what expired before them is taken out.
@Suite struct ExpiryMeanwhileTests {
  /// Leaves 130 in ann's wallet: 100 that never expire, and 30 that do while 50 more are taken out, which
  /// expired before.
  private func fill(_ bench: StockBench) async throws {
    try await bench.charge(100)
    let clock = try await bench.pool.query("select clock_timestamp()")
    let soon = Instant(try clock[0].decode(0, as: PostgresTimestamp.self)) + .milliseconds(300)
    try await bench.charge(30, expiresAt: soon)
    try await bench.charge(50, expiresAt: .longAgo)
    // Taking the first out lasts until the second one's time is over.
    _ = try await bench.pool.query(
      """
      create function spillway.last_until_all_expired() returns trigger language plpgsql as $$
      begin
        perform pg_sleep_until(max(expires_at)) from spillway.wallet_lots;
        return new;
      end;
      $$
      """)
    _ = try await bench.pool.query(
      """
      create trigger last_until_all_expired before insert on spillway.wallet_transactions for each row
        when (new.kind = 'expiry') execute function spillway.last_until_all_expired()
      """)
  }

  @Test func `a debit spends nothing that expires while others are taken out`() async throws {
    try await StockBench.run { bench in
      try await fill(bench)
      let debits = [bench.posting(90), bench.posting(20)]
      let outcomes = try await bench.wallets.debit(debits)
      #expect(outcomes == [.done(debits[0].id, balance: 10), .short(available: 10)])
      #expect(try await bench.balance() == 10)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a payment spends nothing that expires while others are taken out`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed([
        .init(user: "ann", lines: [("A", 1, 90)]), .init(user: "ann", lines: [("A", 1, 20)]),
      ])
      try await fill(bench)
      let decisions = try await bench.pay(orders.map { bench.wish($0) })
      let ten = Money(amount: 10, currency: .won)
      guard case .paid(_, _, balanceAfter: ten) = decisions[0],
        case .short(balance: ten, _) = decisions[1]
      else {
        Issue.record("\(decisions)")
        return
      }
      #expect(try await bench.balance() == 10)
      #expect(try await bench.moneyFaults() == [])
    }
  }
}
