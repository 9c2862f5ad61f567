internal import Domain
internal import HotPath
internal import Redis
internal import Services

/// A tenant of a measured installation: its cell, and tokens of its users.
struct ScaleTenant: Sendable {
  let tenant: Tenant
  let host: String
  let keys: CellKeys
  /// Of the users `U1` and so on.
  var tokens = TokenStore()

  init(name: String) {
    // Both are names that the program itself makes.
    let tenant = Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR")
    self.tenant = tenant
    host = "\(name).scale.test"
    keys = CellKeys(CellName.shared(by: tenant.id, market: tenant.defaultMarket)!)
  }

  /// The name of the user with a token.
  static func user(_ index: Int) -> String { "U\(index + 1)" }

  /// Makes tokens of so many users.
  mutating func makeTokens(_ count: Int, _ signer: TokenSigner) {
    for index in tokens.count..<max(count, tokens.count) {
      tokens.append(token(Self.user(index), .user, signer).utf8)
    }
  }

  func token(_ user: String, _ role: Role, _ signer: TokenSigner) -> String {
    signer.sign(
      TokenClaims(
        user: UserID(user)!, tenant: tenant.id, roles: RoleSet(role),
        issuedAt: WallClock.system.now()))
  }

  /// As many tenants as there are servers, the cell of each in another server's part of the slots, which
  /// are dealt out in equal ranges.
  static func spread(over servers: Int) -> [ScaleTenant] {
    var found: [ScaleTenant?] = Array(repeating: nil, count: servers)
    var number = 0
    while found.contains(where: { $0 == nil }) {
      number += 1
      let tenant = ScaleTenant(name: "scale-\(number)")
      let server = HashSlot.of(tenant.keys.lease) * servers / HashSlot.count
      if found[server] == nil { found[server] = tenant }
    }
    return found.compactMap(\.self)
  }
}

/// A campaign that is claimed from.
struct ScaleCampaign: Sendable {
  let id: Identifier
  let tenant: ScaleTenant
}
