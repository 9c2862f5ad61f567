public import Domain
internal import EventLoop
public import Ledger
public import Postgres

/// What of wallets operators and other systems set aside, pay later or free. Loop-confined.
public final class HoldService: AsksLedger {
  /// Why nothing was set aside, or a hold was not ended or told.
  public enum Refusal: Error, Sendable, Equatable {
    /// There is not enough in the wallet that is not held already: so many minor units.
    case short(available: Int)
    /// There is no such hold of this user.
    case unknown
    /// It has ended, and in which way.
    case ended(WalletHold.Status)
    /// It holds less: so many minor units.
    case excess(held: Int)
    /// It holds another unit.
    case otherUnit(WalletUnit)
    /// The key was used for another request.
    case keyReused
    /// The ledger could not be asked.
    case unavailable
  }

  /// What is to be set aside.
  public struct Wish: Sendable, Equatable {
    public let tenant: TenantID
    public let user: UserID
    public let unit: WalletUnit
    /// Minor units, from 1 to `WalletLimits.posting`.
    public let amount: Int
    /// From when on it cannot be captured, and is freed; `nil` for never.
    public let expiresAt: Instant?
    public let reason: String
    public let reference: WalletReference?
    /// The operator.
    public let actor: UserID

    public init(
      tenant: TenantID, user: UserID, unit: WalletUnit, amount: Int, expiresAt: Instant?,
      reason: String, reference: WalletReference?, actor: UserID
    ) {
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

  /// Which hold is to end, and how.
  public struct Ending: Sendable, Equatable {
    /// What becomes of what was set aside.
    public enum Means: Sendable, Equatable {
      /// So many minor units are paid to the tenant, `nil` for all; the rest is freed.
      case capture(Int?)
      /// All of it is freed.
      case release
    }

    public let hold: Identifier
    public let tenant: TenantID
    /// Whose hold it must be.
    public let user: UserID
    /// What it must hold; `nil` for anything.
    public let unit: WalletUnit?
    public let means: Means
    /// The operator.
    public let actor: UserID

    public init(
      _ means: Means, of hold: Identifier, tenant: TenantID, user: UserID,
      unit: WalletUnit? = nil, actor: UserID
    ) {
      self.means = means
      self.hold = hold
      self.tenant = tenant
      self.user = user
      self.unit = unit
      self.actor = actor
    }
  }

  /// A hold as a request left it.
  public struct Done: Sendable, Equatable {
    public let hold: WalletHold
    /// Done by an earlier request with the same key.
    public let isReplay: Bool
  }

  private let store: WalletStore
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, clock: WallClock) {
    store = WalletStore(pool: pool)
    self.clock = clock
  }

  // MARK: Changes

  /// Sets aside in `transaction`, once for each idempotency key.
  ///
  /// - Returns: the hold as it was placed, whatever has become of it since.
  /// - Throws: ``Refusal``, or a `PostgresError` of the transaction.
  public func place(
    _ wish: Wish, _ idempotency: RequestIdempotency?, in transaction: PostgresTransaction
  ) async throws -> Done {
    let store = WalletStore(transaction: transaction)
    let placed = try await store.place(
      WalletStore.Hold(
        id: identifiers.next(at: clock.now()), user: wish.user, unit: wish.unit,
        amount: wish.amount, expiresAt: wish.expiresAt, reason: wish.reason,
        reference: wish.reference, actor: wish.actor.description, idempotency: idempotency),
      tenant: wish.tenant)
    switch placed.outcome {
    case .placed, .replayed: break
    case .keyReused, .conflict: throw Refusal.keyReused
    case .short: throw Refusal.short(available: placed.available)
    }
    let hold = try await found(placed.hold, of: wish.user, wish.tenant, in: store)
    return Done(hold: hold.asPlaced, isReplay: placed.outcome == .replayed)
  }

  /// Ends a hold in `transaction`, once for each idempotency key.
  ///
  /// - Returns: the hold as it is since then.
  /// - Throws: ``Refusal``, or a `PostgresError` of the transaction.
  public func end(
    _ ending: Ending, _ idempotency: RequestIdempotency?, in transaction: PostgresTransaction
  ) async throws -> Done {
    let store = WalletStore(transaction: transaction)
    let hold = try await found(ending.hold, of: ending.user, ending.tenant, in: store)
    // What it holds never changes.
    if let unit = ending.unit, unit != hold.unit { throw Refusal.otherUnit(hold.unit) }
    let settlement = try await settle(ending, idempotency, in: store)
    switch settlement.outcome {
    case .settled, .replayed: break
    case .keyReused: throw Refusal.keyReused
    case .ended: throw Refusal.ended(settlement.status ?? hold.status)
    case .excess: throw Refusal.excess(held: hold.amount)
    case .unknown: throw Refusal.unknown
    }
    return Done(
      hold: try await found(ending.hold, of: ending.user, ending.tenant, in: store),
      isReplay: settlement.outcome == .replayed)
  }

  private func settle(
    _ ending: Ending, _ idempotency: RequestIdempotency?, in store: WalletStore
  ) async throws(PostgresError) -> WalletStore.Settlement {
    let settler = WalletStore.Settler(
      ending.actor.description, holdOf: ending.user, idempotency: idempotency)
    switch ending.means {
    case .capture(let amount):
      return try await store.capture(
        amount, of: ending.hold, tenant: ending.tenant, to: .revenue,
        as: identifiers.next(at: clock.now()), by: settler)
    case .release:
      return try await store.release(ending.hold, tenant: ending.tenant, by: settler)
    }
  }

  private func found(
    _ id: Identifier, of user: UserID, _ tenant: TenantID, in store: WalletStore
  ) async throws -> WalletHold {
    guard let hold = try await store.hold(id, of: user, tenant: tenant) else {
      throw Refusal.unknown
    }
    return hold
  }

  // MARK: Reading

  /// One of a user's holds.
  ///
  /// - Throws: ``Refusal/unknown`` where the user has none of that id.
  public func hold(
    _ id: Identifier, of user: UserID, tenant: TenantID
  ) async throws(Refusal) -> WalletHold {
    let hold = try await asked { () async throws(PostgresError) in
      try await store.hold(id, of: user, tenant: tenant)
    }
    guard let hold else { throw .unknown }
    return hold
  }

  /// A user's holds, newest first, before the hold `cursor`.
  ///
  /// - Parameter status: only those; `nil` for all.
  public func holds(
    of user: UserID, tenant: TenantID, status: WalletHold.Status?, before cursor: Identifier?,
    limit: Int
  ) async throws(Refusal) -> [WalletHold] {
    try await asked { () async throws(PostgresError) in
      try await store.holds(of: user, tenant: tenant, status: status, before: cursor, limit: limit)
    }
  }
}
