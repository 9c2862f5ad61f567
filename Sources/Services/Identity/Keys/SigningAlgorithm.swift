/// The signature algorithms that tokens may use; there is no `none`.
public enum SigningAlgorithm: String, Sendable, CaseIterable {
  /// HMAC with SHA-256 (RFC 7518, section 3.2): one secret signs and verifies.
  case hs256 = "HS256"
  /// Ed25519 (RFC 8037).
  case edDSA = "EdDSA"
  /// ECDSA on P-256 with SHA-256 (RFC 7518, section 3.4).
  case es256 = "ES256"

  /// Bytes of a signature.
  public var signatureCount: Int {
    switch self {
    case .hs256: 32
    case .edDSA, .es256: 64
    }
  }
}
