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
    public let reason: String
    public let reference: WalletReference?
    public let actor: String

    public init(
      id: Identifier, user: UserID, unit: WalletUnit, amount: Int, reason: String,
      reference: WalletReference? = nil, actor: String
    ) {
      precondition((1...WalletLimits.posting).contains(amount), "an amount that no wallet takes")
      self.id = id
      self.user = user
      self.unit = unit
      self.amount = amount
      self.reason = reason
      self.reference = reference
      self.actor = actor
    }
  }

  /// How a wish to set something aside ended.
  public enum HoldOutcome: String, Sendable {
    case placed = "PLACED"
    /// The same hold was placed before.
    case replayed = "REPLAY"
    /// A hold of that id says something else.
    case conflict = "CONFLICT"
    case short = "SHORT"
  }

  /// Sets part of a wallet aside, so that nothing else is paid from it until the hold is settled.
  ///
  /// - Returns: how it ended, and what of the wallet is free behind it.
  public func place(
    _ hold: Hold, tenant: TenantID
  ) async throws(PostgresError) -> (outcome: HoldOutcome, available: Int) {
    let row = try await query(
      Self.placeStatement,
      [
        .text(tenant.description), .text(hold.user.description), .text(hold.unit.description),
        .uuid(hold.id.uuid), .int8(Int64(hold.amount)), .text(hold.reason),
        .optional(hold.reference?.type), .optional(hold.reference?.id), .text(hold.actor),
      ])[0]
    return (try row.choice("outcome"), try row.decode("available"))
  }

  /// How the end of a hold was taken.
  public enum SettlementOutcome: String, Sendable {
    case settled = "SETTLED"
    /// It was ended the same way before.
    case replayed = "REPLAY"
    /// It was ended in another way, or less is held.
    case conflict = "CONFLICT"
    /// There is no such hold.
    case unknown = "UNKNOWN"
  }

  /// Pays `amount` of a hold, which may be part of it, and frees the rest.
  ///
  /// - Parameter transaction: names the transaction that it makes.
  /// - Returns: how it ended, and the wallet's balance behind it.
  public func capture(
    _ amount: Int, of hold: Identifier, tenant: TenantID, to target: WalletCounterparty,
    as transaction: Identifier, actor: String
  ) async throws(PostgresError) -> (outcome: SettlementOutcome, balance: Int) {
    precondition(amount > 0, "a capture of nothing")
    return try await settle(hold, amount, tenant, target, transaction, actor)
  }

  /// Frees all of a hold.
  ///
  /// - Returns: how it ended, and the wallet's balance.
  public func release(
    _ hold: Identifier, tenant: TenantID, actor: String
  ) async throws(PostgresError) -> (outcome: SettlementOutcome, balance: Int) {
    try await settle(hold, 0, tenant, .revenue, hold, actor)
  }

  private func settle(
    _ hold: Identifier, _ amount: Int, _ tenant: TenantID, _ target: WalletCounterparty,
    _ transaction: Identifier, _ actor: String
  ) async throws(PostgresError) -> (outcome: SettlementOutcome, balance: Int) {
    let row = try await query(
      Self.settleStatement,
      [
        .text(tenant.description), .uuid(hold.uuid), .int8(Int64(amount)), .text(target.role),
        .text(target.owner), .uuid(transaction.uuid), .text(actor),
      ])[0]
    return (try row.choice("outcome"), try row.decode("balance"))
  }
}
