import Domain
import Services

/// A tenant, a clock and keys of each algorithm for tests of tokens.
struct TokenFixture {
  static let now = Instant("2026-06-01T12:00:00Z")!
  static let tenant = TenantID("demo")!
  static let user = UserID("user-1")!

  static let secret = [UInt8](0..<32)

  /// RFC 7515, appendix A.3.
  static let es256 = #"""
    {"kty":"EC","crv":"P-256","kid":"es",
     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
     "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
    """#

  /// RFC 8037, appendix A.1.
  static let edDSA = #"""
    {"kty":"OKP","crv":"Ed25519","kid":"ed",
     "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    """#

  static func ring(_ json: String) throws -> KeyRing {
    try KeyRing(json: Array(json.utf8))
  }

  static func key(_ algorithm: SigningAlgorithm) throws -> SigningKey {
    switch algorithm {
    case .hs256: try SigningKey(id: "hs", secret: secret)
    case .es256: try ring(es256).keys[0]
    case .edDSA: try ring(edDSA).keys[0]
    }
  }

  static func claims(user: UserID = user, roles: RoleSet = RoleSet(.user)) -> TokenClaims {
    TokenClaims(
      user: user, tenant: tenant, roles: roles, issuedAt: now, expiresAt: now + .seconds(600))
  }
}

extension TokenVerifier {
  func verify(
    _ token: String, tenant: TenantID = TokenFixture.tenant, now: Instant = TokenFixture.now
  ) -> Result<Principal, TokenRefusal> {
    Array(token.utf8).withUnsafeBytes { verify(bytes: $0, tenant: tenant, now: now) }
  }
}

extension TokenCache {
  func verify(
    _ token: String, tenant: TenantID = TokenFixture.tenant, now: Instant = TokenFixture.now
  ) -> Result<Principal, TokenRefusal> {
    Array(token.utf8).withUnsafeBytes { verify(bytes: $0, tenant: tenant, now: now) }
  }
}

extension Result where Failure == TokenRefusal {
  /// Why not; nil if accepted.
  var refusal: TokenRefusal? {
    if case .failure(let refusal) = self { refusal } else { nil }
  }
}
