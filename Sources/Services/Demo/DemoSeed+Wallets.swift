internal import Domain
internal import Ledger
internal import Postgres

extension DemoSeed {
  /// Users `U1` … with money to spend: those that `spillway token --count` makes tokens for.
  static let richUsers = 1...1_000

  /// Minor units of KRW that each of them gets.
  static let allowance = 1_000_000

  /// Credits each wallet once, however often it is called.
  static func plantWallets(
    in pool: PostgresPool, now: Instant, by user: UserID
  ) async throws(PostgresError) {
    var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())
    let postings = richUsers.compactMap { number -> WalletPosting? in
      guard let owner = UserID("U\(number)") else { return nil }
      // Always the same, so that the money comes in once.
      let name = RequestDigest(high: 0x0190_0000_0000_7000, low: UInt64(number))
      return WalletPosting(
        id: identifiers.next(at: now), tenant: tenant.id, user: owner, unit: .currency(.won),
        amount: allowance, counterparty: .funding, reason: "demo",
        reference: WalletReference(type: "demo", id: "allowance"), actor: user.description,
        idempotency: RequestIdempotency(key: name, fingerprint: name))
    }
    _ = try await WalletStore(pool: pool).credit(postings)
  }
}
