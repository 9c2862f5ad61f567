public import Domain

/// What somebody wants to bring to a user's wallet or to take out of it.
public struct WalletPosting: Sendable, Equatable {
  /// Names the transaction that it makes.
  public let id: Identifier
  public let tenant: TenantID
  public let user: UserID
  public let unit: WalletUnit
  /// Minor units, from 1 to ``WalletLimits/posting``.
  public let amount: Int
  /// When what is brought can no longer be spent; `nil` for never. Of no meaning for what is taken.
  public let expiresAt: Instant?
  /// Where it comes from, or goes to.
  public let counterparty: WalletCounterparty
  public let reason: String
  /// What it is about, in the words of whoever wants it.
  public let reference: WalletReference?
  /// Who wanted it.
  public let actor: String
  /// A posting with the same key is made once, whatever became of the first answer.
  public let idempotency: RequestIdempotency?

  public init(
    id: Identifier, tenant: TenantID, user: UserID, unit: WalletUnit, amount: Int,
    expiresAt: Instant? = nil, counterparty: WalletCounterparty, reason: String,
    reference: WalletReference? = nil, actor: String, idempotency: RequestIdempotency? = nil
  ) {
    precondition((1...WalletLimits.posting).contains(amount), "an amount that no wallet takes")
    self.id = id
    self.tenant = tenant
    self.user = user
    self.unit = unit
    self.amount = amount
    self.expiresAt = expiresAt
    self.counterparty = counterparty
    self.reason = reason
    self.reference = reference
    self.actor = actor
    self.idempotency = idempotency
  }
}

/// What a change of a wallet is about: an order, a campaign, a ticket of customer service, ….
public struct WalletReference: Sendable, Equatable {
  /// A kind, such as `order`; 1 to ``WalletLimits/referenceType`` characters.
  public let type: String
  /// Which one; 1 to ``WalletLimits/reference`` characters.
  public let id: String

  public init(type: String, id: String) {
    self.type = type
    self.id = id
  }
}

/// How a posting was decided.
public enum WalletPostingOutcome: Sendable, Equatable {
  /// It is in the ledger under the id of its transaction; `balance` is the wallet's behind it.
  case done(Identifier, balance: Int)
  /// It was made before with the same key; what was said then.
  case replayed(Identifier, balance: Int)
  /// The key came with another posting.
  case keyReused
  /// There is not enough in the wallet to take: only `available`.
  case short(available: Int)
  /// The wallet would hold more than ``WalletLimits/balance``.
  case overflow
}
