/// Some roles, as bits.
public struct RoleSet: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The set of one role.
  public init(_ role: Role) {
    rawValue = 1 << Self.position(of: role)
  }

  /// The set of all of `roles`.
  public init(_ roles: some Sequence<Role>) {
    self = roles.reduce(into: []) { $0.formUnion(RoleSet($1)) }
  }

  /// Whether `role` is among them.
  public func contains(_ role: Role) -> Bool { isSuperset(of: RoleSet(role)) }

  /// The roles, in the order of their declaration.
  public var roles: [Role] { Role.allCases.filter(contains) }

  /// What the roles allow together. ``Role/platformSuperAdmin`` counts on the platform's own tenant
  /// only, whatever a token says.
  public func permissions(isPlatform: Bool) -> PermissionSet {
    var permissions: PermissionSet = []
    var rest = isPlatform ? self : subtracting(RoleSet(.platformSuperAdmin))
    while !rest.isEmpty {
      let position = rest.rawValue.trailingZeroBitCount
      if position < Self.permissions.count { permissions.formUnion(Self.permissions[position]) }
      rest.remove(RoleSet(rawValue: 1 << position))
    }
    return permissions
  }

  private static let permissions = Role.allCases.map(PermissionSet.init(of:))

  /// The bit of a role: its place in the declaration.
  private static func position(of role: Role) -> Int {
    switch role {
    case .appAdmin: 0
    case .appOperator: 1
    case .user: 2
    case .platformSuperAdmin: 3
    case .customerServiceAgent: 4
    case .inventoryManager: 5
    case .marketingManager: 6
    case .operationsManager: 7
    case .dataPlatform: 8
    case .seller: 9
    }
  }
}
