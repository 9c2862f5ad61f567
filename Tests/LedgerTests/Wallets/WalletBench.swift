import Domain
import Postgres
import Testing

@testable import Ledger

extension StockBench {
  var wallets: WalletStore { WalletStore(pool: pool) }
  var payments: PaymentStore { PaymentStore(pool: pool) }

  /// A posting to or from a wallet, of won by default.
  func posting(
    _ amount: Int, _ unit: WalletUnit = .currency(.won), user: String = "ann",
    id: Identifier = .random, expiresAt: Instant? = nil, key: UInt64? = nil,
    fingerprint: UInt64 = 1, counterparty: WalletCounterparty = .funding
  ) -> WalletPosting {
    WalletPosting(
      id: id, tenant: tenant, user: UserID(user)!, unit: unit, amount: amount,
      expiresAt: expiresAt, counterparty: counterparty, reason: "test",
      reference: WalletReference(type: "ticket", id: "7"), actor: "clerk",
      idempotency: key.map {
        RequestIdempotency(
          key: RequestDigest(high: 7, low: $0),
          fingerprint: RequestDigest(high: 8, low: fingerprint))
      })
  }

  func charge(
    _ amount: Int, _ unit: WalletUnit = .currency(.won), to user: String = "ann",
    expiresAt: Instant? = nil
  ) async throws {
    let outcome = try await wallets.credit([
      posting(amount, unit, user: user, expiresAt: expiresAt)
    ])
    guard case .done = outcome[0] else {
      Issue.record("\(outcome)")
      return
    }
  }

  func balance(of user: String = "ann") async throws -> Int {
    try await wallets.balances(of: UserID(user)!, tenant: tenant).first?.balance ?? 0
  }

  /// The names of what an audit of wallets and payments finds wrong.
  func moneyFaults() async throws -> [String] {
    try await LedgerAudit(pool: pool).moneyFaults().filter { $0.count > 0 }.map(\.invariant)
  }
}

/// Far behind the ledger's clock, and far before it.
extension Instant {
  static let longAgo = Instant(seconds: 1_000_000_000)
  static let farAhead = Instant(seconds: 9_000_000_000)
}
