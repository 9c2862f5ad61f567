internal import Domain
internal import EventLoop
internal import Services

/// Puts together what names an idempotency key and the request that it came with. Loop-confined.
///
/// The key is named by where it counts, who used it on which route, and itself, a line each: no part but the
/// last can have a line end in it. The names are kept for as long as keys count, so their form stays.
final class IdempotencyNames {
  private let name = ByteBuffer(capacity: 512)
  private let request = ByteBuffer(capacity: 512)

  /// The name of a key.
  ///
  /// - Parameters:
  ///   - scope: writes where the key counts: the tenant, or the cell of an order.
  ///   - user: who uses the key; empty where nobody is known.
  ///   - endpoint: the method and the pattern of the route.
  @inline(__always)
  func name(
    of key: UnsafeRawBufferPointer, by user: String, endpoint: String, scope: (ByteBuffer) -> Void
  ) -> RequestDigest {
    name.removeAll()
    scope(name)
    name.append(UInt8(ascii: "\n"))
    name.append(user)
    name.append(UInt8(ascii: "\n"))
    name.append(endpoint)
    name.append(UInt8(ascii: "\n"))
    name.append(key)
    return IdempotencyDigest.digest(name.bytes)
  }

  /// The name of a key, and of the request that it came with.
  ///
  /// - Parameters:
  ///   - scope: writes where the key counts: the tenant, or the cell of an order.
  ///   - user: who uses the key; empty where nobody is known.
  ///   - endpoint: the method and the pattern of the route.
  ///   - request: writes equal bytes for requests that ask for the same.
  @inline(__always)
  func identity(
    of key: UnsafeRawBufferPointer, by user: String, endpoint: String,
    scope: (ByteBuffer) -> Void, request write: (ByteBuffer) -> Void
  ) -> RequestIdempotency {
    let name = name(of: key, by: user, endpoint: endpoint, scope: scope)
    request.removeAll()
    write(request)
    return RequestIdempotency(
      key: name, fingerprint: IdempotencyDigest.digest(request.bytes))
  }
}
