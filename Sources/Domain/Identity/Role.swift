/// What a user is to a tenant. A token names roles; ``RoleSet/permissions(isPlatform:)`` says what
/// they allow.
public enum Role: String, Sendable, CaseIterable, Codable {
  /// May do everything in its tenant.
  case appAdmin = "APP_ADMIN"
  /// Watches over the tenant without changing it.
  case appOperator = "APP_OPERATOR"
  /// Buys and claims.
  case user = "USER"
  /// May do everything, on the platform's own tenant only.
  case platformSuperAdmin = "PLATFORM_SUPER_ADMIN"
  /// Reads on behalf of customers, refunds within policy; no stock.
  case customerServiceAgent = "CS_AGENT"
  /// Stock and its audit; no customer's money.
  case inventoryManager = "INVENTORY_MANAGER"
  /// Campaigns and recalls.
  case marketingManager = "MARKETING_MANAGER"
  /// Everything, settings and roles included.
  case operationsManager = "OPERATIONS_MANAGER"
  /// Delivery of the outbox only.
  case dataPlatform = "DATA_PLATFORM"
  /// Sells on a market: issues coupons of its own.
  case seller = "SELLER"

  /// The role of that name on the wire, or of its other name: `ADMIN` is `APP_ADMIN` and `BUYER` is
  /// `USER`. Nil for an unknown name.
  public init?(name: String) {
    switch name {
    case "ADMIN": self = .appAdmin
    case "BUYER": self = .user
    default: self.init(rawValue: name)
    }
  }
}
