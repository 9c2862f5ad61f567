internal import Glibc

/// The parts of a request target (RFC 9112, section 3.2), as ranges of the head.
struct RequestTarget: Equatable {
  var path: Range<Int>
  var query: Range<Int>
  /// Host and port of an absolute target.
  var authority: Range<Int>?

  /// Takes a target apart; `nil` if it is in none of the forms that a server accepts.
  static func parse(
    _ base: UnsafeRawPointer, _ offset: Int, _ length: Int, isOptions: Bool
  ) -> RequestTarget? {
    guard length > 0 else { return nil }
    let end = offset + length
    let first = base.load(fromByteOffset: offset, as: UInt8.self)
    if first == UInt8(ascii: "/") { return split(base, offset, end, authority: nil) }
    if first == UInt8(ascii: "*") {
      return isOptions && length == 1
        ? RequestTarget(path: offset..<end, query: end..<end) : nil
    }
    let target = UnsafeRawBufferPointer(start: base + offset, count: length)
    guard let scheme = schemeLength(target) else { return nil }
    let authorityStart = offset + scheme
    var authorityEnd = authorityStart
    while authorityEnd < end {
      let byte = base.load(fromByteOffset: authorityEnd, as: UInt8.self)
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { break }
      authorityEnd += 1
    }
    guard authorityEnd > authorityStart else { return nil }
    return split(base, authorityEnd, end, authority: authorityStart..<authorityEnd)
  }

  private static func schemeLength(_ target: UnsafeRawBufferPointer) -> Int? {
    for scheme in ["http://", "https://"] as [StaticString] {
      let count = scheme.utf8CodeUnitCount
      guard target.count >= count else { continue }
      let prefix = UnsafeRawBufferPointer(rebasing: target[..<count])
      if prefix.equalsIgnoringCase(scheme) { return count }
    }
    return nil
  }

  private static func split(
    _ base: UnsafeRawPointer, _ start: Int, _ end: Int, authority: Range<Int>?
  ) -> RequestTarget? {
    if memchr(base + start, Int32(UInt8(ascii: "#")), end - start) != nil { return nil }
    let found = memchr(base + start, Int32(UInt8(ascii: "?")), end - start)
    let mark = found.map { UnsafeRawPointer($0) - base } ?? end
    return RequestTarget(
      path: start..<mark, query: min(mark + 1, end)..<end, authority: authority)
  }
}
