internal import Domain
internal import HTTP

/// Reads cookies of requests (RFC 6265).
enum RequestCookie {
  /// The value of the request's cookie of that name, if it has one.
  static func find(_ name: StaticString, in exchange: HTTPExchange) -> UnsafeRawBufferPointer? {
    guard let header = exchange.header(.cookie) else { return nil }
    for pair in header.split(separator: UInt8(ascii: ";")) {
      let trimmed = UnsafeRawBufferPointer(rebasing: pair.drop { $0 == 0x20 })
      let length = name.utf8CodeUnitCount
      guard trimmed.count > length, trimmed[length] == UInt8(ascii: "="),
        trimmed.prefix(length).elementsEqual(
          UnsafeBufferPointer(start: name.utf8Start, count: length))
      else { continue }
      return UnsafeRawBufferPointer(rebasing: trimmed[(length + 1)...])
    }
    return nil
  }

  /// Whether the request came by TLS. The proxy that ends it says so; nobody gains from claiming it.
  static func isSecure(_ exchange: HTTPExchange) -> Bool {
    exchange.header(named: "x-forwarded-proto") == "https"
  }
}
