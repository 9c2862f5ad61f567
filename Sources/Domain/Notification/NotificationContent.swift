/// What a user is told, but for when it happened.
public enum NotificationContent: Sendable, Equatable {
  case orderPaid(order: Identifier, total: Money)
  /// It was handed over to shipping.
  case orderFulfilled(order: Identifier)
  /// - refunded: what went back to the wallet; nil for an order that had not been paid.
  case orderCancelled(order: Identifier, cause: CancellationCause, refunded: Money?)
  /// All of it or a part; nothing where only goods came back.
  case orderRefunded(order: Identifier, amount: Money)
  /// - balance: what was left in the wallet.
  case paymentApproved(order: Identifier, amount: Money, balance: Money)
  /// - expiresAt: until when it can be used; nil for no end.
  case couponIssued(NamedCoupon, expiresAt: Instant?)
  /// - discount: what it took off the order.
  case couponUsed(NamedCoupon, order: Identifier, discount: Money)
  /// Taken back by an operator, by itself or with its campaign.
  case couponRecalled(NamedCoupon)
  /// Money, points or credits came in, other than from an order.
  case walletCredited(WalletChange)
  /// Some went out, other than for an order.
  case walletDebited(WalletChange)
  /// Some could be used no longer.
  case walletExpired(WalletChange)

  /// Why an order was cancelled.
  public enum CancellationCause: Sendable, Equatable {
    /// Its user or the shop wanted it so.
    case asked
    /// Nobody paid in time.
    case unpaid
    /// Its user had got another order for the same request.
    case duplicate
  }

  /// A coupon as people know it.
  public struct NamedCoupon: Sendable, Equatable {
    public let id: Identifier
    /// Its campaign's.
    public let name: String

    public init(id: Identifier, name: String) {
      self.id = id
      self.name = name
    }
  }

  /// What came into a wallet or went out of it.
  public struct WalletChange: Sendable, Equatable {
    public let unit: WalletUnit
    /// Minor units, whichever way.
    public let amount: Int
    /// Minor units behind it.
    public let balance: Int

    public init(unit: WalletUnit, amount: Int, balance: Int) {
      self.unit = unit
      self.amount = amount
      self.balance = balance
    }
  }
}

extension NotificationContent {
  public var kind: NotificationKind {
    switch self {
    case .orderPaid: .orderPaid
    case .orderFulfilled: .orderFulfilled
    case .orderCancelled: .orderCancelled
    case .orderRefunded: .orderRefunded
    case .paymentApproved: .paymentApproved
    case .couponIssued: .couponIssued
    case .couponUsed: .couponUsed
    case .couponRecalled: .couponRecalled
    case .walletCredited: .walletCredited
    case .walletDebited: .walletDebited
    case .walletExpired: .walletExpired
    }
  }

  /// The order that it is about, if any.
  public var order: Identifier? {
    switch self {
    case .orderPaid(let order, _), .orderFulfilled(let order), .orderCancelled(let order, _, _),
      .orderRefunded(let order, _), .paymentApproved(let order, _, _), .couponUsed(_, let order, _):
      order
    case .couponIssued, .couponRecalled, .walletCredited, .walletDebited, .walletExpired: nil
    }
  }

  /// The coupon that it is about, if any.
  public var coupon: Identifier? {
    switch self {
    case .couponIssued(let coupon, _), .couponUsed(let coupon, _, _), .couponRecalled(let coupon):
      coupon.id
    case .orderPaid, .orderFulfilled, .orderCancelled, .orderRefunded, .paymentApproved,
      .walletCredited, .walletDebited, .walletExpired:
      nil
    }
  }
}

extension NotificationContent.WalletChange {
  /// What came or went.
  func sum(in language: Language) -> String { WalletText.text(amount, unit, in: language) }

  /// What was there behind it.
  func rest(in language: Language) -> String { WalletText.text(balance, unit, in: language) }
}
