internal import Domain
internal import EventLoop
internal import Ledger
internal import Postgres
internal import Services

/// Credits the wallets of a run's buyers by the ledger's own function, in sets: a hundred thousand take
/// seconds, where one request for each would take a minute.
enum LedgerFiller {
  /// Credits of one transaction.
  private static let setSize = 1_000

  /// - Parameter credits: the name of each buyer and the minor units of KRW that it gets; 0 for none.
  /// - Throws: `ScenarioError` when not all could be booked.
  static func fill(
    _ credits: [(user: String, amount: Int)], url: String, tenant: TenantID, loop: EventLoop
  ) async throws(ScenarioError) {
    let outcomes: [WalletPostingOutcome]
    do throws(PostgresError) {
      outcomes = try await post(postings(credits, tenant), url: url, loop: loop)
    } catch {
      throw ScenarioError("cannot fill wallets: \(error)")
    }
    for outcome in outcomes {
      guard case .done = outcome else {
        throw ScenarioError("a wallet could not be filled: \(outcome)")
      }
    }
  }

  private static func postings(
    _ credits: [(user: String, amount: Int)], _ tenant: TenantID
  ) -> [WalletPosting] {
    var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())
    let now = WallClock.system.now()
    return credits.compactMap { user, amount in
      guard amount > 0, let user = UserID(user) else { return nil }
      return WalletPosting(
        id: identifiers.next(at: now), tenant: tenant, user: user, unit: .currency(.won),
        amount: amount, counterparty: .funding, reason: "load test", actor: "loadtest")
    }
  }

  private static func post(
    _ postings: [WalletPosting], url: String, loop: EventLoop
  ) async throws(PostgresError) -> [WalletPostingOutcome] {
    let pool = try await PostgresPool.ready(url: url, loop: loop)
    defer { pool.close() }
    var outcomes: [WalletPostingOutcome] = []
    for start in stride(from: 0, to: postings.count, by: setSize) {
      let set = Array(postings[start..<min(start + setSize, postings.count)])
      outcomes += try await WalletStore(pool: pool).credit(set)
    }
    return outcomes
  }
}
