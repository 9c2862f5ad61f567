/// Makes access tokens: JSON Web Tokens (RFC 7519) in the compact form of RFC 7515.
public struct TokenSigner: Sendable {
  /// The key that signs.
  public let key: SigningKey
  private let header: [UInt8]

  /// Refuses a key that can only verify.
  public init(key: SigningKey) throws(KeyError) {
    guard key.canSign else { throw .key(id: key.id, reason: "it has no private half to sign with") }
    self.key = key
    header = TokenHeader.segment(of: key)
  }

  /// The token that says `claims`.
  public func sign(_ claims: TokenClaims) -> String {
    sign(payload: claims.json)
  }

  /// The token with `payload` as it stands.
  func sign(payload: [UInt8]) -> String {
    var token = header
    token.append(UInt8(ascii: "."))
    Base64URL.append(payload, to: &token)
    let signature = token.withUnsafeBytes { key.sign($0) }
    token.append(UInt8(ascii: "."))
    Base64URL.append(signature, to: &token)
    return String(decoding: token, as: UTF8.self)
  }
}
