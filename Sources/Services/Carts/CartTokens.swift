public import Domain

/// Signs and reads the cookies by which guests of one tenant are known to their carts.
///
/// A cookie is a version (1 byte) and the guest's id (16), then HMAC-SHA-256 (RFC 2104) of these, as
/// base64url. The key is derived from one of the tenant's secrets and its name: what another tenant has
/// signed has no valid code here, and nobody comes to a cart by guessing.
public struct CartTokens: Sendable {
  private let keys: [HMACKey]

  private static let version: UInt8 = 1
  private static let bodyCount = 1 + Identifier.byteCount
  /// Characters of a cookie's value.
  public static let textCount = Base64URL.encodedCount(bodyCount + HMACKey.digestCount)

  /// - Parameter secrets: the first signs, each verifies. Traps without any.
  init(tenant: TenantID, secrets: [[UInt8]]) {
    precondition(!secrets.isEmpty, "a tenant's carts have a secret")
    keys = secrets.map { secret in
      var derived = [UInt8](repeating: 0, count: HMACKey.digestCount)
      Array("spillway cart cookie\n\(tenant)".utf8).withUnsafeBytes {
        HMACKey(secret: secret).authenticate($0, into: &derived)
      }
      return HMACKey(secret: derived)
    }
  }

  /// The text that a guest's browser keeps.
  public func sign(_ guest: Identifier) -> String {
    let body = [Self.version] + guest.binary
    var code = [UInt8](repeating: 0, count: HMACKey.digestCount)
    body.withUnsafeBytes { keys[0].authenticate($0, into: &code) }
    return Base64URL.encode(body + code)
  }

  /// The guest of that text; nil when this tenant has never given it. Any bytes may be given.
  public func guest(_ text: UnsafeRawBufferPointer) -> Identifier? {
    guard text.count == Self.textCount else { return nil }
    let count = Self.bodyCount + HMACKey.digestCount
    return withUnsafeTemporaryAllocation(byteCount: count + 1, alignment: 16) { space in
      guard Base64URL.decode(text, into: space.baseAddress!) == count else { return nil }
      let bytes = UnsafeRawBufferPointer(space)
      let body = UnsafeRawBufferPointer(rebasing: bytes[..<Self.bodyCount])
      let code = UnsafeRawBufferPointer(rebasing: bytes[Self.bodyCount..<count])
      guard keys.contains(where: { $0.verify(code, of: body) }), body[0] == Self.version else {
        return nil
      }
      return Identifier(binary: UnsafeRawBufferPointer(rebasing: body[1...]))
    }
  }
}
