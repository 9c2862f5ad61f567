import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct WalletStoreTests {
  @Test func `credits make wallets, and every entry has its other side`() async throws {
    try await StockBench.run { bench in
      let first = bench.posting(500, expiresAt: .farAhead)
      let outcomes = try await bench.wallets.credit([
        first, bench.posting(700), bench.posting(9, user: "ben"),
      ])
      #expect(outcomes[0] == .done(first.id, balance: 500))
      guard case .done(_, balance: 1200) = outcomes[1], case .done(_, balance: 9) = outcomes[2]
      else {
        Issue.record("\(outcomes)")
        return
      }
      let ann = try await bench.wallets.balances(of: UserID("ann")!, tenant: bench.tenant)
      #expect(ann.map(\.balance) == [1200] && ann.map(\.unit) == [.currency(.won)])
      #expect(ann[0].nextExpiry == .farAhead && ann[0].available == 1200)
      #expect(
        try await bench.wallets.balance(
          of: .funding, tenant: bench.tenant, unit: .currency(.won), at: .farAhead) == -1209)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `debits take from what expires first, one behind the other`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      try await bench.charge(100, expiresAt: .farAhead)
      let outcomes = try await bench.wallets.debit([
        bench.posting(120), bench.posting(90), bench.posting(70),
      ])
      guard case .done(_, balance: 80) = outcomes[0], outcomes[1] == .short(available: 80),
        case .done(_, balance: 10) = outcomes[2]
      else {
        Issue.record("\(outcomes)")
        return
      }
      #expect(try await lots(bench) == [10, 0])
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a posting with a key is made once`() async throws {
    try await StockBench.run { bench in
      let first = bench.posting(100, key: 1)
      #expect(try await bench.wallets.credit([first]) == [.done(first.id, balance: 100)])
      let again = [
        bench.posting(100, key: 1), bench.posting(100, key: 1, fingerprint: 2),
        bench.posting(5, key: 2), bench.posting(5, key: 2),
      ]
      let outcomes = try await bench.wallets.credit(again)
      #expect(
        outcomes == [
          .replayed(first.id, balance: 100), .keyReused, .done(again[2].id, balance: 105),
          .replayed(again[2].id, balance: 105),
        ])
      #expect(try await bench.balance() == 105)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a wallet holds no more than a number says exactly`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(WalletLimits.posting)
      _ = try await bench.pool.query(
        "update spillway.wallet_accounts set balance = $1 where owner = 'ann'",
        [.int8(Int64(WalletLimits.balance - 10))])
      #expect(try await bench.wallets.credit([bench.posting(11)]) == [.overflow])
      guard case .done = try await bench.wallets.credit([bench.posting(10)])[0] else {
        Issue.record("10 fit")
        return
      }
    }
  }

  @Test func `a debit draws on as many lots as it takes`() async throws {
    try await StockBench.run { bench in
      let count = 1_100
      _ = try await bench.wallets.credit((0..<count).map { _ in bench.posting(1) })
      try await bench.charge(7, to: "ben")
      let outcomes = try await bench.wallets.debit([
        bench.posting(40), bench.posting(5, user: "ben"), bench.posting(count - 41),
      ])
      for outcome in outcomes {
        guard case .done = outcome else {
          Issue.record("\(outcome)")
          return
        }
      }
      #expect(try await lots(bench).reduce(0, +) == 3)
      #expect(try await bench.balance() == 1)
      #expect(try await bench.balance(of: "ben") == 2)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a posting of the time before its transaction told the balance is answered too`()
    async throws
  {
    try await StockBench.run { bench in
      let first = bench.posting(100, key: 1)
      _ = try await bench.wallets.credit([first])
      try await bench.charge(5)
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query("set local session_replication_role = replica")
        _ = try await transaction.query(
          "update spillway.wallet_transactions set account_id = null, balance_after = null")
      }
      let again = bench.posting(100, key: 1)
      #expect(try await bench.wallets.credit([again]) == [.replayed(first.id, balance: 100)])
    }
  }

  @Test func `what comes back goes to the lots that it came from`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      try await bench.charge(100, expiresAt: .farAhead)
      let debit = bench.posting(150, counterparty: .revenue)
      _ = try await bench.wallets.debit([debit])
      #expect(try await restore(bench, 60, of: debit.id) == 110)
      #expect(try await lots(bench) == [100, 10])
      #expect(try await restore(bench, 90, of: debit.id) == 200)
      #expect(try await lots(bench) == [100, 100])
      await #expect(throws: PostgresError.self) { _ = try await restore(bench, 1, of: debit.id) }
      #expect(
        try await bench.wallets.balance(
          of: .revenue, tenant: bench.tenant, unit: .currency(.won), at: .farAhead) == 0)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `what has expired is taken out, by the sweep and before it is spent`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100, expiresAt: .longAgo)
      try await bench.charge(30, to: "ben", expiresAt: .longAgo)
      try await bench.charge(50)
      #expect(try await bench.wallets.debit([bench.posting(51)]) == [.short(available: 50)])
      #expect(try await bench.balance() == 50)
      #expect(try await bench.wallets.expireLots(limit: 10) == 1)
      #expect(try await bench.wallets.expireLots(limit: 10) == 0)
      #expect(try await bench.balance(of: "ben") == 0)
      #expect(
        try await bench.wallets.balance(
          of: .expiry, tenant: bench.tenant, unit: .currency(.won), at: .farAhead) == 130)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `what is held is paid or freed, once`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      func hold(_ id: Identifier, _ amount: Int) async throws -> (WalletStore.HoldOutcome, Int) {
        let placed = try await bench.wallets.place(
          .init(
            id: id, user: UserID("ann")!, unit: .currency(.won), amount: amount, reason: "trip",
            actor: "clerk"), tenant: bench.tenant)
        return (placed.outcome, placed.available)
      }
      let (first, second) = (Identifier.random, Identifier.random)
      #expect(try await hold(first, 70) == (.placed, 30))
      #expect(try await hold(first, 70) == (.replayed, 30))
      #expect(try await hold(first, 71) == (.conflict, 30))
      #expect(try await hold(second, 31) == (.short, 30))
      #expect(try await bench.wallets.debit([bench.posting(31)]) == [.short(available: 30)])
      func capture(_ amount: Int) async throws -> WalletStore.SettlementOutcome {
        let settled = try await bench.wallets.capture(
          amount, of: first, tenant: bench.tenant, to: .merchant("taxi"), as: .random,
          by: .init("clerk"))
        return settled.outcome
      }
      #expect(try await capture(71) == .excess)
      #expect(try await capture(60) == .settled)
      #expect(try await capture(60) == .replayed)
      let released = try await bench.wallets.release(
        first, tenant: bench.tenant, by: .init("clerk"))
      #expect(released == .init(outcome: .ended, balance: 40, status: .captured))
      #expect(
        try await bench.wallets.release(second, tenant: bench.tenant, by: .init("clerk")).outcome
          == .unknown)
      #expect(try await hold(second, 40) == (.placed, 0))
      #expect(
        try await bench.wallets.release(second, tenant: bench.tenant, by: .init("clerk")).outcome
          == .settled)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `history goes by pages, and tells what was there at an instant`() async throws {
    try await StockBench.run { bench in
      for amount in 1...5 { try await bench.charge(amount) }
      _ = try await bench.wallets.debit([bench.posting(4)])
      let ann = UserID("ann")!
      let first = try await bench.wallets.history(
        of: ann, tenant: bench.tenant, unit: nil, before: nil, limit: 2)
      #expect(first.map(\.amount) == [-4, 5] && first.map(\.balanceAfter) == [11, 15])
      #expect(first[0].kind == .debit && first[0].reference?.id == "7")
      let rest = try await bench.wallets.history(
        of: ann, tenant: bench.tenant, unit: .currency(.won), before: first[1].number, limit: 9)
      #expect(rest.map(\.amount) == [4, 3, 2, 1])
      #expect(
        try await bench.wallets.history(
          of: ann, tenant: bench.tenant, unit: .point, before: nil, limit: 9
        ).isEmpty)
      for entry in first + rest {
        let then = try await bench.wallets.balance(
          of: ann, tenant: bench.tenant, unit: .currency(.won), at: entry.recordedAt)
        #expect(then >= entry.balanceAfter)
      }
      #expect(
        try await bench.wallets.balance(
          of: ann, tenant: bench.tenant, unit: .currency(.won), at: .longAgo) == 0)
      #expect(
        try await bench.wallets.balance(
          of: ann, tenant: bench.tenant, unit: .currency(.won), at: .farAhead) == 11)
    }
  }

  @Test(arguments: [
    "update spillway.wallet_entries set amount = 1", "delete from spillway.wallet_entries",
    "truncate spillway.wallet_entries", "update spillway.wallet_transactions set reason = 'x'",
    "delete from spillway.wallet_transactions", "truncate spillway.wallet_transactions",
    "update spillway.wallet_allocations set amount = 1",
    "delete from spillway.wallet_allocations", "truncate spillway.wallet_allocations",
    "update spillway.wallet_draws set amount = 1",
    "delete from spillway.wallet_draws", "truncate spillway.wallet_draws",
    "update spillway.wallet_accounts set balance = -1 where role = 'user'",
    "update spillway.wallet_accounts set held = balance + 1 where role = 'user'",
    "update spillway.wallet_lots set remaining = amount + 1",
    "update spillway.wallet_lots set remaining = -1", "update spillway.wallet_lots set amount = 0",
    "update spillway.wallet_accounts set unit = 'USD'",
    "update spillway.wallet_accounts set owner = 'eve' where role = 'user'",
    "update spillway.wallet_accounts set role = 'merchant' where role = 'user'",
    "update spillway.wallet_accounts set shard = 1",
    "insert into spillway.wallet_accounts (tenant_id, role, owner, unit) values ('demo', 'user', 'eve', 'won')",
    "insert into spillway.wallet_accounts (tenant_id, role, owner, unit) values ('demo', 'user', '', 'USD')",
    "insert into spillway.wallet_accounts (tenant_id, role, owner, unit) values ('demo', 'tax', '', 'USD')",
    """
    insert into spillway.wallet_accounts (tenant_id, role, owner, unit) values ('demo', 'revenue', 'eve', 'USD')
    """,
    """
    insert into spillway.wallet_accounts (tenant_id, role, owner, unit, shard)
    values ('demo', 'user', 'eve', 'USD', 1)
    """,
    """
    insert into spillway.wallet_accounts (tenant_id, role, owner, unit, shard)
    values ('demo', 'revenue', '', 'USD', 64)
    """,
    """
    insert into spillway.wallet_accounts (tenant_id, role, owner, unit, balance)
    values ('demo', 'user', 'eve', 'USD', -1)
    """,
  ])
  func `the database itself refuses to change what was written`(statement: String) async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      _ = try await bench.wallets.debit([bench.posting(4)])
      await #expect(throws: PostgresError.self) {
        _ = try await bench.pool.query(Statement(unprepared: statement))
      }
      #expect(try await bench.moneyFaults() == [])
    }
  }

  private func restore(
    _ bench: StockBench, _ amount: Int, of subject: Identifier
  ) async throws -> Int {
    try await bench.wallets.restore(
      amount, of: subject, tenant: bench.tenant, from: .revenue, as: .random, reason: "returned",
      reference: nil, actor: "clerk")
  }

  /// What is left of each lot, in the order of their making.
  private func lots(_ bench: StockBench) async throws -> [Int] {
    try await bench.pool.query("select remaining from spillway.wallet_lots order by lot_id").map {
      row throws(PostgresError) in try row.decode(0)
    }
  }
}
