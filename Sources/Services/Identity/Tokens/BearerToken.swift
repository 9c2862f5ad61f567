/// The token in an `Authorization` header (RFC 6750, section 2.1).
public enum BearerToken {
  private static let scheme: StaticString = "bearer"

  /// The part of `header` behind the scheme `Bearer`, in any case, and its spaces; nil for another
  /// scheme or an empty token. Valid as long as `header` is.
  public static func find(in header: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let count = scheme.utf8CodeUnitCount
    guard header.count > count, header[count] == UInt8(ascii: " ") else { return nil }
    for position in 0..<count where header[position] | 0x20 != scheme.utf8Start[position] {
      return nil
    }
    var start = count
    while start < header.count, header[start] == UInt8(ascii: " ") { start += 1 }
    guard start < header.count else { return nil }
    return UnsafeRawBufferPointer(rebasing: header[start...])
  }
}
