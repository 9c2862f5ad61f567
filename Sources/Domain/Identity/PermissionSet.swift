/// Things that a principal may do; a route names those that it needs.
public struct PermissionSet: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Take a coupon of a campaign.
  public static let couponClaim = PermissionSet(rawValue: 1 << 0)
  /// See who holds which coupon.
  public static let couponRead = PermissionSet(rawValue: 1 << 1)
  /// Take issued coupons back.
  public static let couponRecall = PermissionSet(rawValue: 1 << 2)
  /// See campaigns as an operator does.
  public static let campaignRead = PermissionSet(rawValue: 1 << 3)
  /// Create and change campaigns.
  public static let campaignWrite = PermissionSet(rawValue: 1 << 4)
  /// See the state of cells, and where somebody stands under a rate policy.
  public static let cellRead = PermissionSet(rawValue: 1 << 5)

  /// See waiting rooms as an operator does.
  public static let roomRead = PermissionSet(rawValue: 1 << 6)
  /// Create and change waiting rooms, and revoke what they gave.
  public static let roomWrite = PermissionSet(rawValue: 1 << 7)

  /// Order goods, and cancel one's own orders.
  public static let orderPlace = PermissionSet(rawValue: 1 << 8)
  /// See everybody's orders.
  public static let orderRead = PermissionSet(rawValue: 1 << 9)
  /// See stock and its movements as an operator does.
  public static let stockRead = PermissionSet(rawValue: 1 << 10)
  /// Receive and correct stock.
  public static let stockWrite = PermissionSet(rawValue: 1 << 11)
  /// Create and change products, SKUs and their prices.
  public static let productWrite = PermissionSet(rawValue: 1 << 12)
  /// See sales as an operator does.
  public static let saleRead = PermissionSet(rawValue: 1 << 13)
  /// Create and change sales.
  public static let saleWrite = PermissionSet(rawValue: 1 << 14)

  /// Have a wallet of one's own: see it and pay from it.
  public static let walletUse = PermissionSet(rawValue: 1 << 15)
  /// See everybody's wallets.
  public static let walletRead = PermissionSet(rawValue: 1 << 16)
  /// Credit and debit everybody's wallets, and set parts of them aside.
  public static let walletWrite = PermissionSet(rawValue: 1 << 17)
  /// Cancel and refund everybody's orders, within the policy of their market.
  public static let orderRefund = PermissionSet(rawValue: 1 << 18)
  /// Take orders from one status to another, as the parts behind the shop do.
  public static let orderTransition = PermissionSet(rawValue: 1 << 19)
  /// Change what the tenant is run by, such as exchange rates, and give back what was charged to somebody
  /// under a rate policy.
  public static let settingsWrite = PermissionSet(rawValue: 1 << 20)
  /// Refund beyond the policy, such as after the days of return.
  public static let orderRefundBeyond = PermissionSet(rawValue: 1 << 21)
  /// Create campaigns and change those that one created oneself.
  public static let campaignOwn = PermissionSet(rawValue: 1 << 22)
  /// See and change what is one's own, such as coupons, orders, a cart and notifications.
  public static let personalUse = PermissionSet(rawValue: 1 << 23)

  /// Every permission that there is.
  public static let all = PermissionSet(named.map(\.1))

  /// What one role allows on the tenants where it counts.
  public init(of role: Role) {
    self =
      switch role {
      case .appAdmin, .operationsManager, .platformSuperAdmin: .all
      case .appOperator:
        [
          .campaignRead, .couponRead, .cellRead, .roomRead, .orderRead, .stockRead, .saleRead,
          .walletRead, .personalUse,
        ]
      case .marketingManager:
        [
          .campaignRead, .campaignWrite, .campaignOwn, .couponRead, .couponRecall, .roomRead,
          .roomWrite, .saleRead, .saleWrite, .personalUse,
        ]
      case .customerServiceAgent:
        [.campaignRead, .couponRead, .orderRead, .walletRead, .orderRefund, .personalUse]
      case .user: [.couponClaim, .orderPlace, .walletUse, .personalUse]
      case .inventoryManager: [.stockRead, .stockWrite, .productWrite, .saleRead, .personalUse]
      case .seller: [.campaignOwn, .personalUse]
      // Delivers the outbox, and nothing else.
      case .dataPlatform: []
      }
  }

  /// The names of the permissions, such as `campaignWrite`, for documents and logs.
  public var names: [String] {
    Self.named.filter { contains($0.1) }.map(\.0)
  }

  private static let named: [(String, PermissionSet)] = [
    ("couponClaim", .couponClaim), ("couponRead", .couponRead), ("couponRecall", .couponRecall),
    ("campaignRead", .campaignRead), ("campaignWrite", .campaignWrite), ("cellRead", .cellRead),
    ("roomRead", .roomRead), ("roomWrite", .roomWrite),
    ("orderPlace", .orderPlace), ("orderRead", .orderRead), ("stockRead", .stockRead),
    ("stockWrite", .stockWrite), ("productWrite", .productWrite), ("saleRead", .saleRead),
    ("saleWrite", .saleWrite), ("walletUse", .walletUse), ("walletRead", .walletRead),
    ("walletWrite", .walletWrite), ("orderRefund", .orderRefund),
    ("orderTransition", .orderTransition), ("settingsWrite", .settingsWrite),
    ("orderRefundBeyond", .orderRefundBeyond), ("campaignOwn", .campaignOwn),
    ("personalUse", .personalUse),
  ]
}
