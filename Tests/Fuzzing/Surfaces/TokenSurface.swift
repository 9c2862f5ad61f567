import EventLoop
import TestSupport

@testable import Domain
@testable import Services

/// Access tokens. The first byte of an input says how the rest becomes a token:
/// `t` as it stands, `p` as the payload under a right signature, `h` as header and payload, a line each,
/// under a right signature: so that claims are read that nobody without the key can send.
final class TokenSurface: Surface {
  static let name = "token"
  static let maximumCount = 1024
  static let words = [
    "t", "p", "h", ".", "..", "=", "eyJ", "{", "}", "[", "]", "\"", ":", ",", "null", "true",
    "\\u0073",
    "\\ud83d\\ude00", "\\ud800", "\"alg\":\"none\"", "\"alg\":\"HS256\"", "\"alg\":\"EdDSA\"",
    "\"kid\":\"key\"", "\"kid\":\"edge\"", "\"typ\":\"at+jwt\"", "\"crit\":[\"exp\"]",
    "\"sub\":\"user\"",
    "\"sub\":\"\"", "\"exp\":4102444800", "\"exp\":999999999999999", "\"exp\":1e9", "\"exp\":-1",
    "\"nbf\":0", "\"nbf\":999999999999999", "\"nbf\":-999999999999999.5", "\"aud\":\"spillway\"",
    "\"aud\":[\"a\",\"spillway\"]", "\"app_id\":\"shop\"", "\"roles\":[\"USER\",\"ADMIN\"]",
    "\"roles\":\"TENANT_ADMIN\"", "\"market\":\"KR\"", "\"locale\":\"ko-KR\"", "\n",
  ]

  private let tenant = TenantID("shop")!
  private let now = Instant(seconds: 1_800_000_000)
  private let key: SigningKey
  private let verifier: TokenVerifier

  init(loop: EventLoop) throws {
    // Not secret: it signs nothing that anybody believes.
    key = try SigningKey(id: "key", secret: Array(repeating: 7, count: 32))
    let second = try SigningKey(id: "second", secret: Array(repeating: 8, count: 32))
    verifier = TokenVerifier(ring: try KeyRing([key, second]))
  }

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let rest = input.dropFirst()
    switch input.first {
    case UInt8(ascii: "p"): return try judge(Array(try signer().sign(payload: Array(rest)).utf8))
    case UInt8(ascii: "h"):
      let lines = rest.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
      return try judge(signed(lines.first ?? [], lines.dropFirst().first ?? []))
    default:
      bearer(Array(rest))
      return try judge(Array(rest))
    }
  }

  private func signer() throws(Breach) -> TokenSigner {
    do { return try TokenSigner(key: key) } catch { throw Breach("\(error)") }
  }

  private func signed(_ header: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>) -> [UInt8] {
    var token: [UInt8] = []
    Base64URL.append(header, to: &token)
    token.append(UInt8(ascii: "."))
    Base64URL.append(payload, to: &token)
    let signature = token.withUnsafeBytes { key.sign($0) }
    token.append(UInt8(ascii: "."))
    Base64URL.append(signature, to: &token)
    return token
  }

  private func bearer(_ header: [UInt8]) {
    header.withUnsafeBytes { bytes in _ = BearerToken.find(in: bytes)?.count }
  }

  private func judge(_ token: [UInt8]) throws(Breach) -> String {
    let result = token.withUnsafeBytes { verifier.verify(bytes: $0, tenant: tenant, now: now) }
    switch result {
    case .failure(let refusal): return refusal.rawValue
    case .success(let principal):
      try checkSignature(of: token)
      try Breach.unless(
        TokenRules.end(principal.expiresAt) > now, "an expired token is accepted")
      try Breach.unless(principal.tenant == tenant, "a token of another tenant is accepted")
      try checkAgain(principal)
      return "accepted \(principal.permissions.rawValue) \(principal.market != nil) "
        + "\(principal.language?.rawValue ?? "-")"
    }
  }

  /// Whoever is believed was signed for by one of our keys, in the one form that a token has.
  private func checkSignature(of token: [UInt8]) throws(Breach) {
    let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    try Breach.unless(parts.count == 3, "a token of \(parts.count) parts is accepted")
    let message = Array(token[..<parts[1].endIndex])
    let signatures = verifier.ring.keys.map { key in
      Base64URL.encode(message.withUnsafeBytes { key.sign($0) })
    }
    try Breach.unless(
      signatures.contains(String(decoding: parts[2], as: UTF8.self)), "a forged token is accepted")
    for part in parts {
      let text = String(decoding: part, as: UTF8.self)
      try Breach.unless(
        Base64URL.decode(text).map { Base64URL.encode($0) } == text, "a part is not canonical")
    }
  }

  /// What a token says can be said again.
  private func checkAgain(_ principal: Principal) throws(Breach) {
    let claims = TokenClaims(
      user: principal.user, tenant: principal.tenant, roles: principal.roles,
      market: principal.market, locale: principal.language?.rawValue, issuedAt: now,
      expiresAt: principal.expiresAt)
    let token = Array(try signer().sign(claims).utf8)
    let again = token.withUnsafeBytes { verifier.verify(bytes: $0, tenant: tenant, now: now) }
    guard case .success(let said) = again else {
      // The longest claims, written with other escapes, may be longer than a token may be.
      return try Breach.unless(token.count > TokenRules.maximumCount, "said again: \(again)")
    }
    try Breach.unless(
      said.user == principal.user && said.roles == principal.roles
        && said.market == principal.market && said.language == principal.language
        && said.expiresAt == principal.expiresAt, "said again, a token says something else")
  }
}
