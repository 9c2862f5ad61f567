public import Domain

/// Who makes a request, as a verified token says.
public final class Principal: Sendable {
  /// The `sub` claim.
  public let user: UserID
  /// The `app_id` claim, which is the tenant of the request.
  public let tenant: TenantID
  /// The `roles` claim; names that are unknown are left out.
  public let roles: RoleSet
  /// What the roles allow on this tenant.
  public let permissions: PermissionSet
  /// The `market` claim.
  public let market: String?
  /// The `locale` claim, where it names one of our languages.
  public let language: Language?
  /// The `exp` claim.
  public let expiresAt: Instant

  /// A principal with the permissions of its roles.
  public init(
    user: UserID, tenant: TenantID, roles: RoleSet, isPlatform: Bool = false,
    market: String? = nil, language: Language? = nil, expiresAt: Instant
  ) {
    self.user = user
    self.tenant = tenant
    self.roles = roles
    self.permissions = roles.permissions(isPlatform: isPlatform)
    self.market = market
    self.language = language
    self.expiresAt = expiresAt
  }

  /// Whether all of `needed` is allowed.
  public func may(_ needed: PermissionSet) -> Bool { permissions.isSuperset(of: needed) }
}
