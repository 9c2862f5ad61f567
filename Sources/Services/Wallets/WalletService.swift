public import Domain
internal import EventLoop
public import Ledger
public import Postgres

/// Wallets as their owners see them and as operators change them. Loop-confined.
public final class WalletService: AsksLedger {
  /// Why a wallet could not be told or changed.
  public enum Refusal: Error, Sendable, Equatable {
    /// There is not enough in the wallet to take.
    case short(available: Int)
    /// The wallet would hold more than it may.
    case overflow
    /// The key was used for another posting.
    case keyReused
    /// The ledger could not be asked.
    case unavailable
  }

  /// What an operator wants to bring to a wallet or to take out of it.
  public struct Wish: Sendable, Equatable {
    /// Which way.
    public enum Direction: String, Sendable {
      case credit, debit
    }

    public let direction: Direction
    public let tenant: TenantID
    public let user: UserID
    public let unit: WalletUnit
    /// Minor units, from 1 to `WalletLimits.posting`.
    public let amount: Int
    /// Of a credit: when what is left of it is gone; `nil` for never.
    public let expiresAt: Instant?
    public let reason: String
    public let reference: WalletReference
    /// The operator.
    public let actor: UserID

    public init(
      _ direction: Direction, tenant: TenantID, user: UserID, unit: WalletUnit, amount: Int,
      expiresAt: Instant?, reason: String, reference: WalletReference, actor: UserID
    ) {
      self.direction = direction
      self.tenant = tenant
      self.user = user
      self.unit = unit
      self.amount = amount
      self.expiresAt = expiresAt
      self.reason = reason
      self.reference = reference
      self.actor = actor
    }
  }

  /// A posting as it was made.
  public struct Posted: Sendable, Equatable {
    public let transaction: Identifier
    public let balanceAfter: Int
    /// By the ledger's clock, as listings tell it.
    public let postedAt: Instant
    /// Made by an earlier request with the same key.
    public let isReplay: Bool
  }

  private let store: WalletStore
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, clock: WallClock) {
    store = WalletStore(pool: pool)
    self.clock = clock
  }

  /// Posts in `transaction`, once for each idempotency key.
  ///
  /// - Throws: ``Refusal``, or a `PostgresError` of the transaction.
  public func post(
    _ wish: Wish, _ idempotency: RequestIdempotency?, in transaction: PostgresTransaction
  ) async throws -> Posted {
    let store = WalletStore(transaction: transaction)
    let posting = posting(wish, idempotency)
    let outcomes =
      switch wish.direction {
      case .credit: try await store.credit([posting])
      case .debit: try await store.debit([posting])
      }
    let made: (id: Identifier, balance: Int, isReplay: Bool)
    switch outcomes[0] {
    case .done(let id, let balance): made = (id, balance, false)
    case .replayed(let id, let balance): made = (id, balance, true)
    case .keyReused: throw Refusal.keyReused
    case .short(let available): throw Refusal.short(available: available)
    case .overflow: throw Refusal.overflow
    }
    guard let postedAt = try await store.recordedAt(made.id, of: wish.tenant) else {
      throw Refusal.unavailable
    }
    return Posted(
      transaction: made.id, balanceAfter: made.balance, postedAt: postedAt,
      isReplay: made.isReplay)
  }

  private func posting(_ wish: Wish, _ idempotency: RequestIdempotency?) -> WalletPosting {
    WalletPosting(
      id: identifiers.next(at: clock.now()), tenant: wish.tenant, user: wish.user,
      unit: wish.unit, amount: wish.amount, expiresAt: wish.expiresAt,
      counterparty: wish.direction == .credit ? .funding : .adjustment, reason: wish.reason,
      reference: wish.reference, actor: wish.actor.description, idempotency: idempotency)
  }

  // MARK: Reading

  /// What a user has, by unit.
  public func balances(
    of user: UserID, tenant: TenantID
  ) async throws(Refusal) -> [WalletBalance] {
    try await asked { () async throws(PostgresError) in
      try await store.balances(of: user, tenant: tenant)
    }
  }

  /// What a user had at an instant, by unit.
  public func balances(
    of user: UserID, tenant: TenantID, at time: Instant
  ) async throws(Refusal) -> [(unit: WalletUnit, balance: Int)] {
    var past: [(unit: WalletUnit, balance: Int)] = []
    for wallet in try await balances(of: user, tenant: tenant) {
      let balance = try await asked { () async throws(PostgresError) in
        try await store.balance(of: user, tenant: tenant, unit: wallet.unit, at: time)
      }
      past.append((wallet.unit, balance))
    }
    return past
  }

  /// The changes of a user's wallets, newest first, before the entry `cursor`.
  ///
  /// - Parameter unit: of one wallet; `nil` for all.
  public func history(
    of user: UserID, tenant: TenantID, unit: WalletUnit?, before cursor: Int?, limit: Int
  ) async throws(Refusal) -> [WalletEntry] {
    try await asked { () async throws(PostgresError) in
      try await store.history(of: user, tenant: tenant, unit: unit, before: cursor, limit: limit)
    }
  }
}
