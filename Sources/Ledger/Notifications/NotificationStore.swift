public import Domain
public import Postgres

/// What users are told of, read from the records of what happened: nothing is written for it.
public struct NotificationStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// What a user is told of, newest first, before the notification `cursor`. What happened in the last moment
  /// follows.
  public func list(
    of user: UserID, tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [UserNotification] {
    let rows = try await pool.query(
      Self.listStatement,
      [
        .text(tenant.description), .text(user.description), .uuid((cursor ?? .last).uuid),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try UserNotification(row) }
  }
}

extension UserNotification {
  fileprivate init(_ row: PostgresRow) throws(PostgresError) {
    let market = try row.decode("market", as: String?.self)
    self.init(
      id: try row.identifier("id"), content: try NotificationContent(row),
      createdAt: try row.instant("moment"), market: market.flatMap { Market($0) })
  }
}

extension NotificationContent {
  fileprivate init(_ row: PostgresRow) throws(PostgresError) {
    switch try row.choice("kind", as: NotificationKind.self) {
    case .orderPaid:
      self = .orderPaid(order: try row.identifier("order_id"), total: try row.money("amount"))
    case .orderFulfilled:
      self = .orderFulfilled(order: try row.identifier("order_id"))
    case .orderCancelled:
      let isRefund = try row.decode("amount", as: Int?.self) != nil
      self = .orderCancelled(
        order: try row.identifier("order_id"),
        cause: CancellationCause(reason: try row.decode("reason")),
        refunded: isRefund ? try row.money("amount") : nil)
    case .orderRefunded:
      self = .orderRefunded(order: try row.identifier("order_id"), amount: try row.money("amount"))
    case .paymentApproved:
      self = .paymentApproved(
        order: try row.identifier("order_id"), amount: try row.money("amount"),
        balance: try row.money("balance"))
    case .couponIssued:
      self = .couponIssued(
        try NamedCoupon(row), expiresAt: try row.optionalInstant("coupon_expires_at"))
    case .couponUsed:
      self = .couponUsed(
        try NamedCoupon(row), order: try row.identifier("order_id"),
        discount: try row.money("amount"))
    case .couponRecalled: self = .couponRecalled(try NamedCoupon(row))
    case .walletCredited: self = .walletCredited(try WalletChange(row))
    case .walletDebited: self = .walletDebited(try WalletChange(row))
    case .walletExpired: self = .walletExpired(try WalletChange(row))
    }
  }
}

extension NotificationContent.CancellationCause {
  fileprivate init(reason: String?) {
    self =
      switch reason {
      case OrderRecord.expired: .unpaid
      case OrderRecord.duplicate: .duplicate
      default: .asked
      }
  }
}

extension NotificationContent.NamedCoupon {
  fileprivate init(_ row: PostgresRow) throws(PostgresError) {
    self.init(id: try row.identifier("coupon_id"), name: try row.decode("coupon_name"))
  }
}

extension NotificationContent.WalletChange {
  fileprivate init(_ row: PostgresRow) throws(PostgresError) {
    self.init(
      unit: try row.word("unit"), amount: try row.decode("amount", as: Int.self),
      balance: try row.decode("balance"))
  }
}

extension PostgresRow {
  /// An amount in the currency of the row's unit.
  fileprivate func money(_ column: String) throws(PostgresError) -> Money {
    Money(amount: try decode(column), currency: try choice("unit"))
  }
}
