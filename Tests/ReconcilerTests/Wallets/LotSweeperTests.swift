import Domain
import Ledger
import TestSupport
import Testing

@testable import Reconciler

@Suite struct LotSweeperTests {
  @Test func `a running reconciler takes out of wallets what has expired`() async throws {
    try await SaleBench.run { bench in
      _ = bench.startDaemon()
      let wallets = WalletStore(pool: bench.pool)
      let user = UserID("ann")!
      _ = try await wallets.credit([
        WalletPosting(
          id: Identifier(high: 0x7000, low: 1), tenant: bench.tenant, user: user, unit: .point,
          amount: 70, expiresAt: Instant(seconds: 1_000_000_000), counterparty: .funding,
          reason: "gift", actor: "clerk"),
        WalletPosting(
          id: Identifier(high: 0x7000, low: 2), tenant: bench.tenant, user: user, unit: .point,
          amount: 30, counterparty: .funding, reason: "gift", actor: "clerk"),
      ])
      try await eventually("the points expire") {
        try await wallets.balances(of: user, tenant: bench.tenant).map(\.balance) == [30]
      }
      let last = try await wallets.history(
        of: user, tenant: bench.tenant, unit: .point, before: nil, limit: 1)
      #expect(last.map(\.kind) == [.expiry] && last.map(\.amount) == [-70])
    }
  }
}
