public import Domain
public import Postgres

/// Wallets in the ledger.
public struct WalletStore {
  let query: (Statement, [PostgresValue]) async throws(PostgresError) -> PostgresRows

  /// Each call is a transaction of its own.
  public init(pool: PostgresPool) {
    query = { statement, values async throws(PostgresError) in
      try await pool.query(statement, values)
    }
  }

  /// All calls belong to the transaction.
  public init(transaction: PostgresTransaction) {
    query = { statement, values async throws(PostgresError) in
      try await transaction.query(statement, values)
    }
  }

  // MARK: Postings

  /// Brings amounts to wallets; those that are not there are made. Each is decided by itself.
  ///
  /// - Returns: an outcome for each, in their order.
  /// - Throws: a unique violation when one key comes with two postings in two transactions at once, or
  ///   a posting's id was taken before: nothing was done.
  public func credit(
    _ postings: [WalletPosting]
  ) async throws(PostgresError) -> [WalletPostingOutcome] {
    try await post(postings, isCredit: true)
  }

  /// Takes amounts out of wallets, from what expires first. Each is decided by itself, one behind the
  /// other where they are for one wallet.
  ///
  /// - Returns: an outcome for each, in their order.
  /// - Throws: as ``credit(_:)``.
  public func debit(
    _ postings: [WalletPosting]
  ) async throws(PostgresError) -> [WalletPostingOutcome] {
    try await post(postings, isCredit: false)
  }

  private func post(
    _ postings: [WalletPosting], isCredit: Bool
  ) async throws(PostgresError) -> [WalletPostingOutcome] {
    if postings.isEmpty { return [] }
    let rows = try await query(Self.postStatement, [.bool(isCredit)] + Self.columns(postings))
    var outcomes = [WalletPostingOutcome?](repeating: nil, count: postings.count)
    for row in rows {
      outcomes[try row.decode("place", as: Int.self) - 1] = try WalletPostingOutcome(row)
    }
    return outcomes.map { outcome in
      guard let outcome else { preconditionFailure("the ledger decides each posting of a set") }
      return outcome
    }
  }

  /// When a transaction was made, by the ledger's clock; `nil` when there is none of that id.
  public func recordedAt(
    _ transaction: Identifier, of tenant: TenantID
  ) async throws(PostgresError) -> Instant? {
    let rows = try await query(
      Self.recordedStatement, [.text(tenant.description), .uuid(transaction.uuid)])
    guard let row = rows.first else { return nil }
    return try row.instant("recorded_at")
  }

  private static func columns(_ postings: [WalletPosting]) -> [PostgresValue] {
    [
      .array(postings.map(\.tenant.description)), .array(postings.map(\.user.description)),
      .array(postings.map(\.unit.description)), .array(postings.map(\.amount)),
      .array(postings.map(\.expiresAt?.timestamp)), .array(postings.map(\.counterparty.role)),
      .array(postings.map(\.counterparty.owner)), .array(postings.map(\.id.uuid)),
      .array(postings.map(\.reason)), .array(postings.map(\.reference?.type)),
      .array(postings.map(\.reference?.id)), .array(postings.map(\.actor)),
      .array(postings.map(\.idempotency?.key.uuid)),
      .array(postings.map(\.idempotency?.fingerprint.uuid)),
    ]
  }

  // MARK: What comes back

  /// Brings back to a wallet what was drawn for `subject` (a payment, a debit, a hold that was captured),
  /// to the same lots. What comes back to a lot that has expired expires again.
  ///
  /// The caller holds the lock of whatever the subject belongs to, and has seen that it is not too much.
  ///
  /// - Parameter source: whom it was paid to.
  /// - Returns: the wallet's balance behind it.
  /// - Throws: an integrity violation when it is more than was drawn and did not come back yet.
  public func restore(
    _ amount: Int, of subject: Identifier, tenant: TenantID, from source: WalletCounterparty,
    as transaction: Identifier, reason: String, reference: WalletReference?, actor: String,
    idempotency: RequestIdempotency? = nil
  ) async throws(PostgresError) -> Int {
    let rows = try await query(
      Self.restoreStatement,
      [
        .text(tenant.description), .uuid(subject.uuid), .int8(Int64(amount)), .text(source.role),
        .text(source.owner), .uuid(transaction.uuid), .text(reason), .optional(reference?.type),
        .optional(reference?.id), .text(actor), .optional(idempotency?.key.uuid),
        .optional(idempotency?.fingerprint.uuid),
      ])
    return try rows[0].decode(0)
  }

  /// Takes out of up to `limit` wallets what has expired. May be run by several at once.
  ///
  /// - Returns: how many wallets were looked at.
  public func expireLots(limit: Int) async throws(PostgresError) -> Int {
    try await query(Self.expireStatement, [.int8(Int64(limit))])[0].decode(0)
  }

  // MARK: Reading

  /// The user's wallets, by unit. What has expired may be in them until it is taken out.
  public func balances(
    of user: UserID, tenant: TenantID
  ) async throws(PostgresError) -> [WalletBalance] {
    let rows = try await query(
      Self.balancesStatement, [.text(tenant.description), .text(user.description)])
    return try rows.map { row throws(PostgresError) in try WalletBalance(row) }
  }

  /// What was in the user's wallet at an instant, by its entries.
  public func balance(
    of user: UserID, tenant: TenantID, unit: WalletUnit, at time: Instant
  ) async throws(PostgresError) -> Int {
    try await balance(role: "user", owner: user.description, tenant, unit, shards: 1, time)
  }

  /// What a system account or a merchant had at an instant, by its entries.
  public func balance(
    of counterparty: WalletCounterparty, tenant: TenantID, unit: WalletUnit, at time: Instant
  ) async throws(PostgresError) -> Int {
    try await balance(
      role: counterparty.role, owner: counterparty.owner, tenant, unit, shards: Self.shards, time)
  }

  /// Rows that a system account is spread over; `spillway.wallet_shards()` says the same.
  static let shards = 64

  private func balance(
    role: String, owner: String, _ tenant: TenantID, _ unit: WalletUnit, shards: Int,
    _ time: Instant
  ) async throws(PostgresError) -> Int {
    try await query(
      Self.balanceAtStatement,
      [
        .text(tenant.description), .text(owner), .text(unit.description), .text(role),
        .int2(Int16(shards - 1)), .timestamptz(time.timestamp),
      ])[0].decode(0)
  }

  /// The changes of a user's wallets, newest first, before the entry `cursor`.
  ///
  /// - Parameter unit: of one wallet; `nil` for all.
  public func history(
    of user: UserID, tenant: TenantID, unit: WalletUnit?, before cursor: Int?, limit: Int
  ) async throws(PostgresError) -> [WalletEntry] {
    let rows = try await query(
      Self.historyStatement,
      [
        .text(tenant.description), .text(user.description), .optional(unit?.description),
        .int8(Int64(cursor ?? .max)), .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try WalletEntry(row) }
  }
}

extension WalletPostingOutcome {
  fileprivate init(_ row: PostgresRow) throws(PostgresError) {
    let balance = try row.decode("balance", as: Int.self)
    switch try row.decode("outcome", as: String.self) {
    case "DONE": self = .done(try row.identifier("transaction_id"), balance: balance)
    case "REPLAY": self = .replayed(try row.identifier("transaction_id"), balance: balance)
    case "KEY_REUSED": self = .keyReused
    case "SHORT": self = .short(available: balance)
    case "OVERFLOW": self = .overflow
    default: throw .decoding(column: "outcome", reason: "holds what no version wrote")
    }
  }
}
