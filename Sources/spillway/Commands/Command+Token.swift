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
    let name = try options.required("user")
    let tenantName = try options.required("tenant")
    guard let tenant = TenantID(tenantName) else {
      throw UsageError("\(options.origin("tenant")): '\(tenantName)' is no name of a tenant")
    }
    let roles = try options.roles()
    let market = options.text("market")
    if let market, Market(market) == nil {
      throw UsageError("\(options.origin("market")): '\(market)' is no market such as KR")
    }
    let count = try options.integer("count", in: 1...10_000_000)
    let hours = try options.integer("hours", in: 1...8_760) ?? 24
    // The longest name; no token is printed unless all can be.
    guard UserID(name + (count.map(String.init) ?? "")) != nil else {
      throw UsageError("\(options.origin("user")) must make 1 to 64 visible ASCII characters")
    }
    let signer = try TokenSigner(key: try options.signingKey())
    let now = WallClock.system.now()
    func token(_ name: String) -> String {
      signer.sign(
        TokenClaims(
          user: UserID(name)!, tenant: tenant, roles: roles, market: market,
          issuedAt: now, expiresAt: now + .seconds(3600 * hours)))
    }
    guard let count else {
      try StandardOutput.write(line: token(name))
      return 0
    }
    for first in stride(from: 1, through: count, by: tokensPerWrite) {
      let last = min(count, first + tokensPerWrite - 1)
      try StandardOutput.write(
        line: (first...last).map { token("\(name)\($0)") }.joined(separator: "\n"))
    }
    return 0
  }
}

/// Tokens that are made before they are written.
private let tokensPerWrite = 256

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
