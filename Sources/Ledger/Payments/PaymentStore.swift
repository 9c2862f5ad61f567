public import Domain
public import Postgres

/// Payments of orders from wallets.
public struct PaymentStore {
  /// An order that somebody wants to pay.
  public struct Wish: Sendable {
    public let tenant: TenantID
    public let order: Identifier
    public let user: UserID
    /// What the payment is called if it is made now.
    public let payment: Identifier
    public let idempotency: RequestIdempotency

    public init(
      tenant: TenantID, order: Identifier, user: UserID, payment: Identifier,
      idempotency: RequestIdempotency
    ) {
      self.tenant = tenant
      self.order = order
      self.user = user
      self.payment = payment
      self.idempotency = idempotency
    }
  }

  let query: (Statement, [PostgresValue]) async throws(PostgresError) -> PostgresRows
  private let mayRepeat: Bool

  /// Each call is a transaction of its own.
  public init(pool: PostgresPool) {
    mayRepeat = true
    query = { statement, values async throws(PostgresError) in
      try await pool.query(statement, values)
    }
  }

  /// All calls belong to the transaction.
  public init(transaction: PostgresTransaction) {
    mayRepeat = false
    query = { statement, values async throws(PostgresError) in
      try await transaction.query(statement, values)
    }
  }

  private static let payStatement = Statement(
    "payment_pay", "select * from spillway.pay($1, $2, $3, $4, $5, $6)")

  private static let findStatement = Statement(
    "payment_find",
    """
    select \(PaymentRecord.columns) from spillway.payments
     where order_id = $2 and tenant_id = $1
    """)

  /// How often a set is decided anew that was in conflict with another one.
  static let maximumRepeats = 3

  /// Pays orders in one transaction. Each is decided by itself, one behind the other where they are paid
  /// from one wallet: a refusal of one never fails its neighbours. The same order may come twice.
  ///
  /// - Returns: a decision for each, in their order.
  public func pay(_ wishes: [Wish]) async throws(PostgresError) -> [PaymentDecision] {
    if wishes.isEmpty { return [] }
    var repeats = 0
    while true {
      do throws(PostgresError) {
        return try await decide(wishes)
      } catch {
        // One key came with two orders in two sets at once: now it is known which was first.
        guard mayRepeat, error.isUniqueViolation || error.isConflict, repeats < Self.maximumRepeats
        else { throw error }
        repeats += 1
      }
    }
  }

  private func decide(_ wishes: [Wish]) async throws(PostgresError) -> [PaymentDecision] {
    let rows = try await query(
      Self.payStatement,
      [
        .array(wishes.map(\.tenant.description)), .array(wishes.map(\.order.uuid)),
        .array(wishes.map(\.user.description)), .array(wishes.map(\.payment.uuid)),
        .array(wishes.map(\.idempotency.key.uuid)),
        .array(wishes.map(\.idempotency.fingerprint.uuid)),
      ])
    var decisions = [PaymentDecision?](repeating: nil, count: wishes.count)
    for row in rows {
      decisions[try row.decode("place", as: Int.self) - 1] = try PaymentDecision(row)
    }
    return decisions.map { decision in
      guard let decision else { preconditionFailure("the ledger decides each payment of a set") }
      return decision
    }
  }

  /// The payment of an order; `nil` when it was not paid.
  public func find(
    order: Identifier, tenant: TenantID
  ) async throws(PostgresError) -> PaymentRecord? {
    let rows = try await query(
      Self.findStatement, [.text(tenant.description), .uuid(order.uuid)])
    return rows.isEmpty ? nil : try PaymentRecord(rows[0])
  }
}
