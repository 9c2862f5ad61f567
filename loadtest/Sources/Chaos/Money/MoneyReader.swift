internal import Domain
internal import Postgres

/// What the ledger holds of a round's wallets.
struct MoneyState: Sendable {
  /// The transactions of what operators did, by its reference.
  var transactions: [String: [Identifier]] = [:]
  /// Minor units by user: what there is, what was paid, what came back.
  var balances: [String: Int] = [:]
  var paid: [String: Int] = [:]
  var refunded: [String: Int] = [:]
}

/// Reads wallets. Loop-confined.
struct MoneyReader {
  let installation: Installation

  private static let transactionStatement = Statement(
    "chaos.transactions",
    """
    select ref_id, transaction_id from spillway.wallet_transactions
    where ref_type = $1 and ref_id like $2
    """)

  private static let balanceStatement = Statement(
    "chaos.balances",
    """
    select owner as name, balance as amount from spillway.wallet_accounts
    where role = 'user' and unit = 'KRW' and owner like $1
    """)

  private static let paidStatement = Statement(
    "chaos.paid",
    """
    select user_id as name, sum(amount)::bigint as amount from spillway.payments
    where user_id like $1 group by user_id
    """)

  private static let refundedStatement = Statement(
    "chaos.refunded",
    """
    select p.user_id as name, sum(r.amount)::bigint as amount from spillway.refunds r
    join spillway.payments p using (tenant_id, payment_id)
    where p.user_id like $1 group by p.user_id
    """)

  /// - Parameter prefix: begins the names of the round's users and of what was done to them.
  /// - Throws: when Postgres cannot be read.
  func read(_ prefix: String) async throws(PostgresError) -> MoneyState {
    var state = MoneyState()
    let pattern = PostgresValue.text("\(prefix)%")
    let rows = try await installation.pool.query(
      Self.transactionStatement, [.text(MoneyWork.referenceType), pattern])
    for row in rows {
      let id = try row.decode("transaction_id", as: PostgresUUID.self)
      state.transactions[try row.decode("ref_id", as: String.self), default: []]
        .append(Identifier(id))
    }
    state.balances = try await sums(Self.balanceStatement, pattern)
    state.paid = try await sums(Self.paidStatement, pattern)
    state.refunded = try await sums(Self.refundedStatement, pattern)
    return state
  }

  private func sums(
    _ statement: Statement, _ pattern: PostgresValue
  ) async throws(PostgresError) -> [String: Int] {
    var sums: [String: Int] = [:]
    for row in try await installation.pool.query(statement, [pattern]) {
      sums[try row.decode("name", as: String.self)] = try row.decode("amount", as: Int.self)
    }
    return sums
  }
}
