public import Domain
internal import Ledger
internal import Postgres

/// What users are told of what became of their orders, coupons and wallets. Loop-confined.
public final class NotificationService: AsksLedger {
  /// Why nothing could be told.
  public enum Refusal: Error, Sendable, Equatable {
    /// The ledger could not be asked.
    case unavailable
  }

  private let store: NotificationStore

  init(pool: PostgresPool) { store = NotificationStore(pool: pool) }

  /// What a user is told of, newest first, before the notification `cursor`.
  public func list(
    of user: UserID, tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(Refusal) -> [UserNotification] {
    try await asked { () async throws(PostgresError) in
      try await store.list(of: user, tenant: tenant, before: cursor, limit: limit)
    }
  }
}
