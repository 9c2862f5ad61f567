import Domain
import Services

/// Somebody who sends a request to the tenant `shop`, with a real token or with none.
struct Caller: Sendable {
  /// What a caller's token is worth on `shop`.
  enum Standing: Sendable {
    case none
    /// Whatever it says, it does not count.
    case invalid
    case roles(RoleSet)
  }

  let name: String
  let standing: Standing
  let token: String?

  /// Nobody, everybody whose token does not count, each role alone, and two pairs of roles.
  static func all(_ key: SigningKey) throws -> [Caller] {
    let stranger = try SigningKey(id: key.id, secret: Array(repeating: 9, count: 32))
    let invalid = [
      ("an expired token", try token(key, [.appAdmin], life: .seconds(-600))),
      ("another tenant's token", try token(key, [.appAdmin], tenant: "other")),
      ("the platform's token", try token(key, [.platformSuperAdmin], tenant: "platform")),
      ("a stranger's signature", try token(stranger, [.appAdmin])),
      ("nonsense", "nonsense"),
    ]
    let sets: [RoleSet] =
      [[]] + Role.allCases.map { RoleSet($0) } + [
        RoleSet([.user, .platformSuperAdmin]), RoleSet([.inventoryManager, .marketingManager]),
      ]
    return [Caller(name: "no token", standing: .none, token: nil)]
      + invalid.map { Caller(name: $0.0, standing: .invalid, token: $0.1) }
      + (try sets.map { roles in
        Caller(
          name: "\(roles.roles.map(\.rawValue))", standing: .roles(roles),
          token: try token(key, roles))
      })
  }

  private static func token(
    _ key: SigningKey, _ roles: RoleSet, tenant: String = "shop", life: Duration = .seconds(3600)
  ) throws -> String {
    let now = WallClock.system.now()
    return try TokenSigner(key: key).sign(
      TokenClaims(
        user: UserID("eve")!, tenant: TenantID(tenant)!, roles: roles,
        issuedAt: now - .seconds(7200), expiresAt: now + life))
  }

  private static func token(
    _ key: SigningKey, _ roles: [Role], tenant: String = "shop", life: Duration = .seconds(3600)
  ) throws -> String {
    try token(key, RoleSet(roles), tenant: tenant, life: life)
  }
}
