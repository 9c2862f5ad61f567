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

  /// Names the key of an order by tenant, cell, principal, endpoint and key, and the request by its
  /// canonical form.
  ///
  /// The cell belongs to the name, since only one cell can be asked for its records at a time: orders in
  /// two cells under one key are two orders, and never one that two cells claim.
  ///
  /// - Parameters:
  ///   - name: tenant, cell, principal, endpoint and key in an unambiguous form.
  ///   - request: equal bytes for requests that ask for the same.
  @inline(__always)
  public static func make(
    name: UnsafeRawBufferPointer, request: UnsafeRawBufferPointer
  ) -> RequestIdempotency {
    RequestIdempotency(key: digest(name), fingerprint: digest(request))
  }

  /// The first 128 bits of a SHA-256 digest.
  private static func digest(_ bytes: UnsafeRawBufferPointer) -> RequestDigest {
    withUnsafeTemporaryAllocation(byteCount: Int(SHA256_DIGEST_LENGTH), alignment: 8) { digest in
      _ = SHA256(
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
        digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
      return RequestDigest(
        high: UInt64(bigEndian: digest.load(as: UInt64.self)),
        low: UInt64(bigEndian: digest.load(fromByteOffset: 8, as: UInt64.self)))
    }
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
