public import Domain

/// What a new token is to say.
public struct TokenClaims: Sendable {
  /// The `sub` claim.
  public var user: UserID
  /// The `app_id` claim.
  public var tenant: TenantID
  /// The `roles` claim.
  public var roles: RoleSet
  /// The `market` claim, if any.
  public var market: String?
  /// The `locale` claim, if any: a language tag such as `ko-KR`.
  public var locale: String?
  /// The `iat` claim; whole seconds are kept.
  public var issuedAt: Instant
  /// The `nbf` claim, if any; whole seconds are kept.
  public var notBefore: Instant?
  /// The `exp` claim; whole seconds are kept.
  public var expiresAt: Instant

  /// How long a development token lasts unless it is told otherwise.
  public static let defaultLifetime: Duration = .seconds(24 * 3600)

  /// Claims for one user of one tenant.
  public init(
    user: UserID, tenant: TenantID, roles: RoleSet = RoleSet(.user), market: String? = nil,
    locale: String? = nil, issuedAt: Instant, notBefore: Instant? = nil, expiresAt: Instant? = nil
  ) {
    self.user = user
    self.tenant = tenant
    self.roles = roles
    self.market = market
    self.locale = locale
    self.issuedAt = issuedAt
    self.notBefore = notBefore
    self.expiresAt = expiresAt ?? issuedAt + Self.defaultLifetime
  }

  /// The claims as JSON.
  var json: [UInt8] {
    let roles = roles.roles.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
    var json = #"{"iss":"spillway","aud":"\#(TokenRules.audience)","app_id":"\#(tenant)","#
    json += #""sub":"\#(Self.escaped(user.description))","roles":[\#(roles)],"#
    if let market { json += #""market":"\#(Self.escaped(market))","# }
    if let locale { json += #""locale":"\#(Self.escaped(locale))","# }
    if let notBefore { json += #""nbf":\#(notBefore.seconds),"# }
    json += #""iat":\#(issuedAt.seconds),"exp":\#(expiresAt.seconds)}"#
    return Array(json.utf8)
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": escaped += #"\""#
      case "\\": escaped += #"\\"#
      case "\u{0}"..."\u{1F}":
        escaped +=
          #"\u00"# + (scalar.value < 16 ? "0" : "")
          + String(scalar.value, radix: 16)
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
