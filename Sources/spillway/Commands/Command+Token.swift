internal import Domain
internal import Services

extension Command {
  static let token = Command(
    name: "token", summary: "print access tokens for development and load tests",
    options: [
      Option("user", .value("U"), "the user; with --count the beginning of each user's name"),
      Option("tenant", .value("T"), "the app that the token is for", default: "demo"),
      Option("role", .value("R"), "roles, separated by commas", default: "USER"),
      Option("market", .value("M"), "the user's market, such as KR"),
      Option("count", .value("N"), "print tokens of the users U1 to UN"),
      Option("hours", .value("N"), "how long the tokens are good", default: "24"),
      SharedOptions.data, SharedOptions.tokenKeys,
      Option("mode", .value("MODE"), "must be development where --token-keys is used"),
    ]
  ) { options in
    let key = try options.signingKey()
    guard let tenant = TenantID(try options.required("tenant")) else {
      throw UsageError("\(options.origin("tenant")) is no name of a tenant")
    }
    let roles = try options.roles()
    let name = try options.required("user")
    let count = try options.integer("count", in: 1...10_000_000)
    let hours = try options.integer("hours", in: 1...8_760) ?? 24
    let now = WallClock.system.now()
    let signer = try TokenSigner(key: key)
    let names = count.map { count in (1...count).lazy.map { "\(name)\($0)" } }
    for name in names.map(Array.init) ?? [name] {
      guard let user = UserID(name) else {
        throw UsageError("\(options.origin("user")) must have 1 to 64 visible ASCII characters")
      }
      print(
        signer.sign(
          TokenClaims(
            user: user, tenant: tenant, roles: roles, market: options.text("market"), issuedAt: now,
            expiresAt: now + .seconds(3600 * hours))))
    }
    return 0
  }
}

extension ParsedOptions {
  fileprivate func roles() throws(UsageError) -> RoleSet {
    var roles: [Role] = []
    for name in try required("role").split(separator: ",") {
      guard let role = Role(name: String(name)) else { throw UsageError("unknown role '\(name)'") }
      roles.append(role)
    }
    return RoleSet(roles)
  }

  /// The key that development tokens are signed with. Only an embedded instance keeps one, and it
  /// runs in development mode; elsewhere the mode has to be named.
  fileprivate func signingKey() throws(UsageError) -> SigningKey {
    let mode = text("mode")
    guard mode == "development" || (mode == nil && text("token-keys") == nil) else {
      throw UsageError("tokens are made in development mode only: set SPILLWAY_MODE=development")
    }
    if let path = text("token-keys") {
      guard let key = (try? KeyRing.load(path: path))?.signing else {
        throw UsageError("\(origin("token-keys")): holds no key to sign with")
      }
      return key
    }
    do {
      return try DevelopmentKey.load(in: try dataFolder())
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError(
        "no development key: start 'spillway up' first, or name its folder with --data (\(error))")
    }
  }
}
