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
  /// See the state of cells.
  public static let cellRead = PermissionSet(rawValue: 1 << 5)

  /// See waiting rooms as an operator does.
  public static let roomRead = PermissionSet(rawValue: 1 << 6)
  /// Create and change waiting rooms, and revoke what they gave.
  public static let roomWrite = PermissionSet(rawValue: 1 << 7)

  /// Every permission that there is.
  public static let all: PermissionSet = [
    .couponClaim, .couponRead, .couponRecall, .campaignRead, .campaignWrite, .cellRead, .roomRead,
    .roomWrite,
  ]

  /// What one role allows on the tenants where it counts.
  public init(of role: Role) {
    self =
      switch role {
      case .appAdmin, .operationsManager, .platformSuperAdmin: .all
      case .appOperator: [.campaignRead, .couponRead, .cellRead, .roomRead]
      case .marketingManager:
        [.campaignRead, .campaignWrite, .couponRead, .couponRecall, .roomRead, .roomWrite]
      case .customerServiceAgent: [.campaignRead, .couponRead]
      case .user: [.couponClaim]
      // Their routes are stock, delivery and markets: nothing about campaigns.
      case .inventoryManager, .dataPlatform, .seller: []
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
  ]
}
