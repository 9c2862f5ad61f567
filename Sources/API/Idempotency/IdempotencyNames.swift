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
    name.removeAll()
    scope(name)
    name.append(UInt8(ascii: "\n"))
    name.append(user)
    name.append(UInt8(ascii: "\n"))
    name.append(endpoint)
    name.append(UInt8(ascii: "\n"))
    name.append(key)
    request.removeAll()
    write(request)
    return IdempotencyDigest.make(name: name.bytes, request: request.bytes)
  }
}
