public import Domain
internal import Postgres

/// What is in a wallet, in minor units.
public struct WalletBalance: Sendable, Equatable {
  public let unit: WalletUnit
  /// The sum of all its entries.
  public let balance: Int
  /// What open holds set aside.
  public let held: Int
  /// When a part of it may expire next; `nil` for never.
  public let nextExpiry: Instant?

  /// What may be spent.
  public var available: Int { balance - held }
}

/// One change of a wallet.
public struct WalletEntry: Sendable, Equatable {
  /// Why wallets change.
  public enum Kind: String, Sendable, CaseIterable {
    case credit
    case debit
    case payment
    case refund
    case expiry
    /// Of a hold.
    case capture
  }

  /// Rises with each entry: where a listing goes on.
  public let number: Int
  public let unit: WalletUnit
  public let kind: Kind
  /// What the change is called: the payment, the posting, the refund, the hold.
  public let subject: Identifier
  /// Minor units; negative for what was taken out.
  public let amount: Int
  public let balanceAfter: Int
  public let reason: String
  /// What it is about; of a payment its order.
  public let reference: WalletReference?
  public let actor: String
  public let recordedAt: Instant
}

extension WalletBalance {
  /// Of `wallet_accounts a`.
  static let columns = "a.unit, a.balance, a.held, nullif(a.next_expiry, 'infinity') as next_expiry"

  init(_ row: PostgresRow) throws(PostgresError) {
    unit = try row.word("unit")
    balance = try row.decode("balance")
    held = try row.decode("held")
    nextExpiry = try row.optionalInstant("next_expiry")
  }
}

extension WalletEntry {
  /// Of `wallet_entries e`, `wallet_accounts a`, `wallet_transactions t` and, where it is one,
  /// `payments p`.
  static let columns = """
    e.entry_id, a.unit, t.kind, coalesce(p.payment_id, e.subject) as subject, e.amount, e.balance, t.reason, \
    case when p.payment_id is null then t.ref_type else 'order' end as ref_type, \
    case when p.payment_id is null then t.ref_id else p.order_id::text end as ref_id, \
    case when p.payment_id is null then t.actor else p.user_id end as actor, e.recorded_at
    """

  init(_ row: PostgresRow) throws(PostgresError) {
    number = try row.decode("entry_id")
    unit = try row.word("unit")
    kind = try row.choice("kind")
    subject = try row.identifier("subject")
    amount = try row.decode("amount")
    balanceAfter = try row.decode("balance")
    reason = try row.decode("reason")
    let type = try row.decode("ref_type", as: String?.self)
    let id = try row.decode("ref_id", as: String?.self)
    reference = type.map { WalletReference(type: $0, id: id ?? "") }
    actor = try row.decode("actor")
    recordedAt = try row.instant("recorded_at")
  }
}
