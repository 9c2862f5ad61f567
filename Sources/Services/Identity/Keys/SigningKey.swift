internal import COpenSSL

/// A key of one algorithm with the name (`kid`) that tokens call it by.
///
/// The algorithm belongs to the key and never comes from a token, so a public key can not be passed
/// off as an HMAC secret (RFC 8725, section 3.1).
public final class SigningKey: Sendable {
  /// The `kid`: 1 to 128 visible ASCII characters other than `"` and `\`.
  public let id: String
  /// The only algorithm that the key is used with.
  public let algorithm: SigningAlgorithm
  private let material: Material

  /// Fewest bytes of an HMAC secret (RFC 7518, section 3.2).
  public static let minimumSecretCount = 32
  /// Longest `kid` in bytes.
  public static let maximumIDCount = 128

  enum Material: Sendable {
    case hmac(HMACKey)
    case ed25519(EVPKey)
    case p256(EVPKey)
  }

  init(id: String, material: Material) throws(KeyError) {
    guard (1...Self.maximumIDCount).contains(id.utf8.count),
      id.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x22 && $0 != 0x5C })
    else { throw .document(reason: "a key has no \"kid\" of 1 to 128 plain characters") }
    self.id = id
    self.material = material
    algorithm =
      switch material {
      case .hmac: .hs256
      case .ed25519: .edDSA
      case .p256: .es256
      }
  }

  /// An HS256 key from at least 32 bytes of secret.
  public convenience init(id: String, secret: [UInt8]) throws(KeyError) {
    guard secret.count >= Self.minimumSecretCount else {
      throw .key(id: id, reason: "an HS256 secret has at least \(Self.minimumSecretCount) bytes")
    }
    try self.init(id: id, material: .hmac(HMACKey(secret: secret)))
  }

  /// Whether the key can make signatures, not only verify them.
  public var canSign: Bool {
    switch material {
    case .hmac: true
    case .ed25519(let key), .p256(let key): key.isPrivate
    }
  }

  /// The signature of `message` as JWS has it. Traps unless ``canSign``.
  public func sign(_ message: UnsafeRawBufferPointer) -> [UInt8] {
    switch material {
    case .hmac(let key):
      var code = [UInt8](repeating: 0, count: HMACKey.digestCount)
      key.authenticate(message, into: &code)
      return code
    case .ed25519(let key): return key.sign(message, digest: nil)
    case .p256(let key): return key.signP256(message)
    }
  }

  /// Whether `signature` is this key's for `message`. Any bytes may be given.
  public func verify(
    _ signature: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer
  ) -> Bool {
    guard signature.count == algorithm.signatureCount else { return false }
    return switch material {
    case .hmac(let key): key.verify(signature, of: message)
    case .ed25519(let key): key.verify(signature, of: message, digest: nil)
    case .p256(let key): key.verifyP256(signature, of: message)
    }
  }
}
