import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Holds in the ledger: their keys, their ends and their lists.
@Suite struct WalletHoldTests {
  private static let ann = UserID("ann")!

  @Test func `a key places one hold`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      let first = bench.hold(60, key: 1)
      #expect(try await bench.place(first) == (.placed, first.id, 40))
      #expect(try await bench.place(bench.hold(60, key: 1)) == (.replayed, first.id, 40))
      let other = bench.hold(60, key: 1, fingerprint: 2)
      #expect(try await bench.place(other) == (.keyReused, first.id, 40))
      // What was refused has used no key.
      let second = bench.hold(41, key: 2)
      #expect(try await bench.place(second) == (.short, second.id, 40))
      let smaller = bench.hold(40, key: 2, fingerprint: 2)
      #expect(try await bench.place(smaller) == (.placed, smaller.id, 0))
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a key ends one hold, and only its user's`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      let (first, second) = (bench.hold(60), bench.hold(30))
      _ = try await bench.place(first)
      _ = try await bench.place(second)
      #expect(try await bench.capture(nil, of: first, user: "ben", key: 1).outcome == .unknown)
      #expect(try await bench.capture(61, of: first, key: 1).outcome == .excess)
      let done = try await bench.capture(50, of: first, user: "ann", key: 1)
      #expect(done == .init(outcome: .settled, balance: 50, status: .captured))
      try await bench.charge(5)
      let again = try await bench.capture(50, of: first, user: "ann", key: 1)
      #expect(again == .init(outcome: .replayed, balance: 50, status: .captured))
      #expect(
        try await bench.capture(50, of: first, key: 1, fingerprint: 2).outcome == .keyReused)
      #expect(try await bench.capture(nil, of: second, key: 1).outcome == .keyReused)
      let late = try await bench.capture(50, of: first, key: 2)
      #expect(late == .init(outcome: .ended, balance: 55, status: .captured))
      #expect(try await bench.capture(nil, of: second, key: 2).balance == 25)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a hold whose end has come is not captured, and is freed by the sweep`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      let due = bench.hold(60, expiresAt: .longAgo)
      let lasting = bench.hold(30, expiresAt: .farAhead)
      _ = try await bench.place(due)
      _ = try await bench.place(lasting)
      for key in [nil, UInt64(1)] {
        let late = try await bench.capture(nil, of: due, key: key)
        #expect(late == .init(outcome: .ended, balance: 100, status: .expired))
      }
      #expect(try await bench.wallets.expireHolds(limit: 10) == 1)
      #expect(try await bench.wallets.expireHolds(limit: 10) == 0)
      let hold = try await bench.wallets.hold(due.id, of: Self.ann, tenant: bench.tenant)
      #expect(hold?.status == .expired && hold?.balanceAfter == 100 && hold?.settledAt != nil)
      let released = try await bench.wallets.release(
        due.id, tenant: bench.tenant, by: .init("clerk"))
      #expect(released.outcome == .ended && released.status == .expired)
      #expect(try await bench.held() == 30)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `the sweep passes over wallets that somebody works on`() async throws {
    try await StockBench.run { bench in
      for user in ["ann", "ben"] {
        try await bench.charge(100, to: user)
        _ = try await bench.place(bench.hold(60, user: user, expiresAt: .longAgo))
      }
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select from spillway.wallet_accounts where owner = 'ann' for no key update")
        #expect(try await bench.wallets.expireHolds(limit: 10) == 1)
      }
      #expect(try await bench.held() == 60)
      #expect(try await bench.wallets.expireHolds(limit: 10) == 1)
      #expect(try await bench.held() == 0)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `several sweeps and captures at once end each hold once`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(1_000)
      let holds = (0..<40).map { number in
        bench.hold(10, expiresAt: number.isMultiple(of: 2) ? .longAgo : .farAhead)
      }
      for hold in holds { _ = try await bench.place(hold) }
      var failures: [String] = []
      let workers = (0..<4).map { worker in
        bench.pool.loop.spawn {
          do {
            for hold in holds {
              _ = try await bench.capture(nil, of: hold, key: UInt64.random(in: 1...UInt64.max))
              _ = try await bench.wallets.expireHolds(limit: worker + 1)
            }
          } catch {
            failures.append("\(error)")
          }
        }
      }
      for worker in workers { await worker.value }
      #expect(failures == [])
      while try await bench.wallets.expireHolds(limit: 100) > 0 {}
      #expect(try await bench.balance() == 800)
      #expect(try await bench.held() == 0)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `what expired under a hold is taken out when the hold's end has come`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(60)
      _ = try await bench.place(bench.hold(60, expiresAt: .longAgo))
      try await bench.charge(40, expiresAt: .longAgo)
      _ = try await bench.wallets.expireLots(limit: 10)
      #expect(try await bench.balance() == 60)
      #expect(try await bench.wallets.expireHolds(limit: 10) == 1)
      _ = try await bench.wallets.expireLots(limit: 10)
      #expect(try await bench.balance() == 60)
      #expect(try await bench.held() == 0)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `holds of all wallets of a user are listed, newest first`() async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      try await bench.charge(100, to: "ben")
      let holds = (0..<5).map { number in
        bench.hold(10, id: Identifier(at: .longAgo, counter: 0, random: UInt64(number)))
      }
      for hold in holds { _ = try await bench.place(hold) }
      _ = try await bench.place(bench.hold(10, user: "ben"))
      _ = try await bench.capture(4, of: holds[1], key: 1)
      func page(
        _ status: WalletHold.Status?, before cursor: Identifier? = nil, limit: Int = 9
      ) async throws -> [Identifier] {
        try await bench.wallets.holds(
          of: Self.ann, tenant: bench.tenant, status: status, before: cursor, limit: limit
        ).map(\.id)
      }
      let newestFirst = Array(holds.map(\.id).reversed())
      #expect(try await page(nil) == newestFirst)
      #expect(try await page(nil, limit: 3) == Array(newestFirst.prefix(3)))
      #expect(try await page(nil, before: newestFirst[2]) == Array(newestFirst.suffix(2)))
      #expect(try await page(.captured) == [holds[1].id])
      #expect(try await page(.open) == newestFirst.filter { $0 != holds[1].id })
      let other = TenantID("other")!
      #expect(
        try await bench.wallets.hold(holds[0].id, of: Self.ann, tenant: other) == nil)
    }
  }

  @Test(arguments: [
    "update spillway.wallet_holds set amount = amount + 1 where state = 'OPEN'",
    "update spillway.wallet_holds set expires_at = now() where state = 'OPEN'",
    "update spillway.wallet_holds set state = 'OPEN', captured = 0, settled_at = null",
    "update spillway.wallet_holds set captured = captured + 1 where state = 'CAPTURED'",
    "delete from spillway.wallet_holds", "truncate spillway.wallet_holds",
  ])
  func `the database itself refuses to change what was set aside, and how it ended`(
    statement: String
  ) async throws {
    try await StockBench.run { bench in
      try await bench.charge(100)
      let hold = bench.hold(20)
      _ = try await bench.place(hold)
      _ = try await bench.place(bench.hold(30))
      _ = try await bench.capture(10, of: hold, key: 1)
      await #expect(throws: PostgresError.self) {
        _ = try await bench.pool.query(Statement(unprepared: statement))
      }
      #expect(try await bench.moneyFaults() == [])
    }
  }
}

extension StockBench {
  /// A hold on a wallet of won.
  func hold(
    _ amount: Int, user: String = "ann", id: Identifier = .random, expiresAt: Instant? = nil,
    key: UInt64? = nil, fingerprint: UInt64 = 1
  ) -> WalletStore.Hold {
    WalletStore.Hold(
      id: id, user: UserID(user)!, unit: .currency(.won), amount: amount, expiresAt: expiresAt,
      reason: "trip", actor: "clerk", idempotency: key.map { Self.identity($0, fingerprint) })
  }

  func place(
    _ hold: WalletStore.Hold
  ) async throws -> (WalletStore.HoldOutcome, Identifier, Int) {
    let placed = try await wallets.place(hold, tenant: tenant)
    return (placed.outcome, placed.hold, placed.available)
  }

  func capture(
    _ amount: Int?, of hold: WalletStore.Hold, user: String? = nil, key: UInt64? = nil,
    fingerprint: UInt64 = 1
  ) async throws -> WalletStore.Settlement {
    try await wallets.capture(
      amount, of: hold.id, tenant: tenant, to: .revenue, as: .random,
      by: .init(
        "clerk", holdOf: user.flatMap { UserID($0) },
        idempotency: key.map { Self.identity($0, fingerprint) }))
  }

  func held(of user: String = "ann") async throws -> Int {
    try await wallets.balances(of: UserID(user)!, tenant: tenant).first?.held ?? 0
  }

  private static func identity(_ key: UInt64, _ fingerprint: UInt64) -> RequestIdempotency {
    RequestIdempotency(
      key: RequestDigest(high: 7, low: key), fingerprint: RequestDigest(high: 8, low: fingerprint))
  }
}
