import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// A wallet still looks at the time of a lot that was spent before: nothing else may go with it.
@Suite struct SpentLotTests {
  /// What takes out of a wallet that has 90 left what has expired.
  enum Look: CaseIterable {
    case sweep, debit, hold
  }

  @Test(arguments: Look.allCases)
  func `the time of a lot that was spent takes nothing else out of the wallet`(
    look: Look
  ) async throws {
    try await StockBench.run { bench in
      try await spendLotThatExpired(bench)
      switch look {
      case .sweep:
        #expect(try await bench.wallets.expireLots(limit: 10) == 1)
        #expect(try await bench.wallets.expireLots(limit: 10) == 0)
      case .debit:
        #expect(try await bench.wallets.debit([bench.posting(91)]) == [.short(available: 90)])
      case .hold: #expect(try await place(bench, 91) == .short)
      }
      #expect(try await bench.balance() == 90)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  /// Leaves 90 that never expire in ann's wallet, from which a lot was spent that would have expired.
  private func spendLotThatExpired(_ bench: StockBench) async throws {
    try await bench.charge(100)
    let hold = Identifier.random
    #expect(try await place(bench, 60, as: hold) == .placed)
    // What expired while it was set aside is spent first.
    try await bench.charge(50, expiresAt: .longAgo)
    let settled = try await bench.wallets.capture(
      60, of: hold, tenant: bench.tenant, to: .revenue, as: .random, by: .init("clerk"))
    #expect(settled.outcome == .settled)
    #expect(try await bench.balance() == 90)
  }

  private func place(
    _ bench: StockBench, _ amount: Int, as hold: Identifier = .random
  ) async throws -> WalletStore.HoldOutcome {
    try await bench.wallets.place(
      .init(
        id: hold, user: UserID("ann")!, unit: .currency(.won), amount: amount, reason: "trip",
        actor: "clerk"), tenant: bench.tenant
    ).outcome
  }
}
