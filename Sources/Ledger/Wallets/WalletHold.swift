public import Domain
internal import Postgres

/// Part of a wallet that was set aside, and what became of it.
public struct WalletHold: Sendable, Equatable {
  /// Whether it is still set aside, or how that ended.
  public enum Status: String, Sendable, CaseIterable {
    case open = "OPEN"
    /// Paid, all or a part; the rest was freed.
    case captured = "CAPTURED"
    /// Freed by somebody.
    case released = "RELEASED"
    /// Freed because its end had come.
    case expired = "EXPIRED"
  }

  public let id: Identifier
  public let user: UserID
  public let unit: WalletUnit
  public let status: Status
  /// What was set aside, in minor units.
  public let amount: Int
  /// What of that was paid, in minor units; 0 unless ``status`` is ``Status/captured``.
  public let captured: Int
  public let reason: String
  public let reference: WalletReference?
  /// From when on it cannot be captured; `nil` for never.
  public let expiresAt: Instant?
  public let createdAt: Instant
  /// `nil` while it is open.
  public let settledAt: Instant?
  /// What was in the wallet when it ended, in minor units; `nil` while it is open, and for those that ended
  /// before this was recorded.
  public let balanceAfter: Int?

  /// The hold as it was when it was placed: what is told again to whoever placed it.
  public var asPlaced: WalletHold {
    WalletHold(
      id: id, user: user, unit: unit, status: .open, amount: amount, captured: 0, reason: reason,
      reference: reference, expiresAt: expiresAt, createdAt: createdAt, settledAt: nil,
      balanceAfter: nil)
  }
}

extension WalletHold {
  /// Of `wallet_holds h` and its `wallet_accounts a`.
  static let columns = """
    h.hold_id, a.owner, a.unit, h.state, h.amount, h.captured, h.reason, h.ref_type, h.ref_id, \
    h.expires_at, h.created_at, h.settled_at, h.balance_after
    """

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.identifier("hold_id")
    user = try row.word("owner")
    unit = try row.word("unit")
    status = try row.choice("state")
    amount = try row.decode("amount")
    captured = try row.decode("captured")
    reason = try row.decode("reason")
    let type = try row.decode("ref_type", as: String?.self)
    let id = try row.decode("ref_id", as: String?.self)
    reference = type.map { WalletReference(type: $0, id: id ?? "") }
    expiresAt = try row.optionalInstant("expires_at")
    createdAt = try row.instant("created_at")
    settledAt = try row.optionalInstant("settled_at")
    balanceAfter = try row.decode("balance_after")
  }
}
