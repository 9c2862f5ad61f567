internal import COpenSSL
public import Domain
public import HotPath

/// Turns an idempotency key and its request into the two names that scripts compare.
public enum IdempotencyDigest {
  /// Bytes kept of a SHA-256 digest: 128 bits, written as 32 hexadecimal digits.
  private static let keptBytes = 16

  /// Names the key by tenant, principal, endpoint and key, and the request by what it is about.
  ///
  /// - Parameters:
  ///   - endpoint: the route's pattern, with its method.
  ///   - request: the campaign, which for a claim is all that can differ.
  public static func make(
    tenant: TenantID, user: UserID, endpoint: String, key: UnsafeRawBufferPointer,
    request: Identifier
  ) -> ClaimOperation.Idempotency {
    var name = Array("\(tenant)\n\(user)\n\(endpoint)\n".utf8)
    name.append(contentsOf: key)
    return ClaimOperation.Idempotency(
      digest: name.withUnsafeBytes(hexadecimal),
      fingerprint: request.binary.withUnsafeBytes(hexadecimal))
  }

  static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    _ = SHA256(start, bytes.count, &digest)
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: 2 * keptBytes) { text in
      for index in 0..<keptBytes {
        text[2 * index] = digits[Int(digest[index] >> 4)]
        text[2 * index + 1] = digits[Int(digest[index] & 15)]
      }
      return 2 * keptBytes
    }
  }
}
