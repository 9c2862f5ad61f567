import Domain
import Ledger
import TestSupport
import Testing

@testable import Reconciler

@Suite struct HoldSweeperTests {
  @Test func `a running reconciler frees holds whose end has come`() async throws {
    try await SaleBench.run { bench in
      _ = bench.startDaemon()
      let wallets = WalletStore(pool: bench.pool)
      let user = UserID("ann")!
      _ = try await wallets.credit([
        WalletPosting(
          id: Identifier(high: 0x7000, low: 1), tenant: bench.tenant, user: user, unit: .point,
          amount: 70, counterparty: .funding, reason: "gift", actor: "clerk")
      ])
      for (number, end) in [1_000_000_000, 9_000_000_000].enumerated() {
        let placed = try await wallets.place(
          WalletStore.Hold(
            id: Identifier(high: 0x7000, low: UInt64(number)), user: user, unit: .point,
            amount: 30, expiresAt: Instant(seconds: Int64(end)), reason: "trip", actor: "clerk"),
          tenant: bench.tenant)
        #expect(placed.outcome == .placed)
      }
      try await eventually("the first is free again") {
        try await wallets.balances(of: user, tenant: bench.tenant).map(\.held) == [30]
      }
      let holds = try await wallets.holds(
        of: user, tenant: bench.tenant, status: .expired, before: nil, limit: 9)
      #expect(holds.map(\.id.low) == [0])
    }
  }
}
