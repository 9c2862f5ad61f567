import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// A lot that expires while what had expired before is taken out of its wallet.
@Suite struct LateExpiryTests {
  /// What is decided by what is left in the wallet.
  enum Wish: CaseIterable {
    case credit, debit, tooMuch, set, payment
  }

  @Test(arguments: Wish.allCases)
  func `what expires while others are taken out is gone before anything is decided`(
    wish: Wish
  ) async throws {
    try await StockBench.run { bench in
      // The first expiry makes the accounts that all others are booked against.
      try await bench.charge(1, expiresAt: .longAgo)
      #expect(try await bench.wallets.expireLots(limit: 10) == 1)
      let order = try await bench.placed(.init(lines: [("A", 1, 60)]))
      try await bench.charge(100)
      try await bench.charge(30, expiresAt: .farAhead)
      try await bench.charge(50, expiresAt: .longAgo)
      try await whileExpiring(bench) { try await make(wish, bench, order) }
      #expect(try await bench.moneyFaults() == [])
    }
  }

  private func make(_ wish: Wish, _ bench: StockBench, _ order: StockBench.Order) async throws {
    let posting = bench.posting(wish == .credit ? 10 : wish == .tooMuch ? 110 : 60)
    switch wish {
    case .credit:
      #expect(try await bench.wallets.credit([posting]) == [.done(posting.id, balance: 110)])
    case .debit:
      #expect(try await bench.wallets.debit([posting]) == [.done(posting.id, balance: 40)])
    case .tooMuch:
      #expect(try await bench.wallets.debit([posting]) == [.short(available: 100)])
    case .set:
      let second = bench.posting(50)
      #expect(
        try await bench.wallets.debit([posting, second]) == [
          .done(posting.id, balance: 40), .short(available: 40),
        ])
    case .payment:
      let decision = try await bench.pay([bench.wish(order)])[0]
      guard case .paid(_, _, let balance) = decision else {
        Issue.record("\(decision)")
        return
      }
      #expect(balance.amount == 40)
    }
  }

  /// Lets the lot that would last expire when `body` waits for an account to book an expiry against.
  private func whileExpiring(
    _ bench: StockBench, _ body: @escaping () async throws -> Void
  ) async throws {
    var failure: String?
    let racer = try await bench.pool.transaction { transaction in
      _ = try await transaction.query(
        "select 1 from spillway.wallet_accounts where role = 'expiry' for update")
      let racer = bench.pool.loop.spawn {
        do { try await body() } catch { failure = "\(error)" }
      }
      try await eventually("that somebody waits for the account") {
        // Whatever kept it from waiting is told below.
        if failure != nil { return true }
        return try await !bench.pool.query(
          """
          select 1 from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'
          """
        ).isEmpty
      }
      _ = try await transaction.query(
        "update spillway.wallet_lots set expires_at = $1 where expires_at = $2",
        [.timestamptz(Instant.longAgo.timestamp), .timestamptz(Instant.farAhead.timestamp)])
      return racer
    }
    await racer.value
    #expect(failure == nil)
  }
}
