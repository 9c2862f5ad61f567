internal import COpenSSL
public import Domain
public import HotPath

/// Turns an idempotency key and its request into the two names that scripts compare.
public enum IdempotencyDigest {
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
    withDigest(of: bytes) { digest in
      RequestDigest(
        high: UInt64(bigEndian: digest.load(as: UInt64.self)),
        low: UInt64(bigEndian: digest.load(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  /// Gives the SHA-256 digest of the bytes to `body`.
  ///
  /// By the digest's own functions: the one that takes a whole message looks its digest up by name each
  /// time, which costs three times as much as the digest.
  private static func withDigest<Result>(
    of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(byteCount: Int(SHA256_DIGEST_LENGTH), alignment: 8) { digest in
      var context = SHA256_CTX()
      spillway_sha256_begin(&context)
      spillway_sha256_update(&context, bytes.baseAddress, bytes.count)
      spillway_sha256_finish(&context, digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
      return body(UnsafeRawBufferPointer(digest))
    }
  }

  static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String { digest(bytes).description }
}
