public import Domain
public import Postgres

extension WalletStore {
  /// Part of a wallet that is to be set aside.
  public struct Hold: Sendable, Equatable {
    /// Names the hold; the same id is placed once.
    public let id: Identifier
    public let user: UserID
    public let unit: WalletUnit
    /// Minor units, from 1 to ``WalletLimits/posting``.
    public let amount: Int
    /// From when on it cannot be captured, and is freed; `nil` for never.
    public let expiresAt: Instant?
    public let reason: String
    public let reference: WalletReference?
    public let actor: String
    /// A hold with the same key is placed once, whatever became of the first answer.
    public let idempotency: RequestIdempotency?

    public init(
      id: Identifier, user: UserID, unit: WalletUnit, amount: Int, expiresAt: Instant? = nil,
      reason: String, reference: WalletReference? = nil, actor: String,
      idempotency: RequestIdempotency? = nil
    ) {
      precondition((1...WalletLimits.posting).contains(amount), "an amount that no wallet takes")
      self.id = id
      self.user = user
      self.unit = unit
      self.amount = amount
      self.expiresAt = expiresAt
      self.reason = reason
      self.reference = reference
      self.actor = actor
      self.idempotency = idempotency
    }
  }

  /// How a wish to set something aside ended.
  public enum HoldOutcome: String, Sendable {
    case placed = "PLACED"
    /// It was placed before with the same key; without one, the same hold was.
    case replayed = "REPLAY"
    /// The key came with another hold.
    case keyReused = "KEY_REUSED"
    /// A hold of that id says something else.
    case conflict = "CONFLICT"
    case short = "SHORT"
  }

  /// Sets part of a wallet aside, so that nothing else is paid from it until the hold is settled.
  ///
  /// - Returns: how it ended, which hold there is, and what of the wallet is free behind it.
  /// - Throws: a unique violation when one key comes with holds of two wallets at once: nothing was done.
  public func place(
    _ hold: Hold, tenant: TenantID
  ) async throws(PostgresError) -> (outcome: HoldOutcome, hold: Identifier, available: Int) {
    let row = try await query(
      Self.placeStatement,
      [
        .text(tenant.description), .text(hold.user.description), .text(hold.unit.description),
        .uuid(hold.id.uuid), .int8(Int64(hold.amount)), .optional(hold.expiresAt?.timestamp),
        .text(hold.reason), .optional(hold.reference?.type), .optional(hold.reference?.id),
        .text(hold.actor), .optional(hold.idempotency?.key.uuid),
        .optional(hold.idempotency?.fingerprint.uuid),
      ])[0]
    return (
      try row.choice("outcome"), try row.identifier("hold"), try row.decode("available")
    )
  }

  /// How the end of a hold was taken.
  public enum SettlementOutcome: String, Sendable {
    case settled = "SETTLED"
    /// It was ended before with the same key; without one, in the same way.
    case replayed = "REPLAY"
    /// The key ended another hold, or came with another request.
    case keyReused = "KEY_REUSED"
    /// It has ended before, or its end has come.
    case ended = "ENDED"
    /// Less is held.
    case excess = "EXCESS"
    /// There is no such hold, or it is another user's.
    case unknown = "UNKNOWN"
  }

  /// How the end of a hold was taken, and what there is behind it.
  public struct Settlement: Sendable, Equatable {
    public let outcome: SettlementOutcome
    /// What is in the wallet, in minor units; 0 where the hold is unknown.
    public let balance: Int
    /// What became of the hold; `nil` where it is unknown.
    public let status: WalletHold.Status?
  }

  /// Who ends a hold.
  public struct Settler: Sendable, Equatable {
    public let actor: String
    /// Whose hold it must be; `nil` for anybody's.
    public let user: UserID?
    /// A hold is ended once with the same key, whatever became of the first answer.
    public let idempotency: RequestIdempotency?

    public init(
      _ actor: String, holdOf user: UserID? = nil, idempotency: RequestIdempotency? = nil
    ) {
      self.actor = actor
      self.user = user
      self.idempotency = idempotency
    }
  }

  /// Pays `amount` of a hold, which may be part of it, and frees the rest.
  ///
  /// - Parameters:
  ///   - amount: minor units above zero; `nil` for all of it.
  ///   - transaction: names the transaction that it makes.
  /// - Throws: a unique violation when one key ends holds of two wallets at once: nothing was done.
  public func capture(
    _ amount: Int?, of hold: Identifier, tenant: TenantID, to target: WalletCounterparty,
    as transaction: Identifier, by settler: Settler
  ) async throws(PostgresError) -> Settlement {
    precondition(amount ?? 1 > 0, "a capture of nothing")
    return try await settle(hold, amount, tenant, target, transaction, settler)
  }

  /// Frees all of a hold.
  ///
  /// - Throws: as ``capture(_:of:tenant:to:as:by:)``.
  public func release(
    _ hold: Identifier, tenant: TenantID, by settler: Settler
  ) async throws(PostgresError) -> Settlement {
    try await settle(hold, 0, tenant, .revenue, hold, settler)
  }

  private func settle(
    _ hold: Identifier, _ amount: Int?, _ tenant: TenantID, _ target: WalletCounterparty,
    _ transaction: Identifier, _ settler: Settler
  ) async throws(PostgresError) -> Settlement {
    let row = try await query(
      Self.settleStatement,
      [
        .text(tenant.description), .optional(settler.user?.description), .uuid(hold.uuid),
        .optional(amount.map(Int64.init)), .text(target.role), .text(target.owner),
        .uuid(transaction.uuid), .text(settler.actor), .optional(settler.idempotency?.key.uuid),
        .optional(settler.idempotency?.fingerprint.uuid),
      ])[0]
    let status: WalletHold.Status? =
      try row.decode("state", as: String?.self) == nil ? nil : row.choice("state")
    return Settlement(
      outcome: try row.choice("outcome"), balance: try row.decode("balance"), status: status)
  }

  /// Frees what up to `limit` holds set aside whose end has come. May be run by several at once.
  ///
  /// - Returns: how many holds were looked at.
  public func expireHolds(limit: Int) async throws(PostgresError) -> Int {
    try await query(Self.expireHoldsStatement, [.int8(Int64(limit))])[0].decode(0)
  }

  // MARK: Reading

  /// A hold of a user; `nil` when there is none of that id, or it is another user's.
  public func hold(
    _ id: Identifier, of user: UserID, tenant: TenantID
  ) async throws(PostgresError) -> WalletHold? {
    let rows = try await query(
      Self.holdStatement,
      [.text(tenant.description), .uuid(id.uuid), .text(user.description)])
    guard let row = rows.first else { return nil }
    return try WalletHold(row)
  }

  /// A user's holds in all wallets, newest first, before the hold `cursor`.
  ///
  /// - Parameter status: only those; `nil` for all.
  public func holds(
    of user: UserID, tenant: TenantID, status: WalletHold.Status?, before cursor: Identifier?,
    limit: Int
  ) async throws(PostgresError) -> [WalletHold] {
    let states = status.map { [$0] } ?? WalletHold.Status.allCases
    let rows = try await query(
      Self.holdsStatement,
      [
        .text(tenant.description), .text(user.description), .array(states.map(\.rawValue)),
        .uuid((cursor ?? .last).uuid), .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try WalletHold(row) }
  }
}
