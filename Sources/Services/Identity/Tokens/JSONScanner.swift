/// Reads JSON (RFC 8259) from raw bytes in one pass, without making text or trees of it.
///
/// For the small flat objects of tokens on the hot path. It says no more than yes or no, and looks into
/// strings only where they are used; request bodies, whose senders are told what is wrong and where,
/// have a reader of their own in the API.
struct JSONScanner {
  let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  /// Deepest nesting that is read.
  static let maximumDepth = 16

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The next byte that is no white space; 0 at the end.
  @inline(__always)
  mutating func peek() -> UInt8 {
    while position < bytes.count {
      let byte = bytes[position]
      if byte > 0x20 || !(byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09) {
        return byte
      }
      position += 1
    }
    return 0
  }

  /// Takes `character` if it comes next.
  @inline(__always)
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character), position < bytes.count else { return false }
    position += 1
    return true
  }

  /// The next byte, white space or not; 0 at the end.
  @inline(__always)
  func peekRaw() -> UInt8 { position < bytes.count ? bytes[position] : 0 }

  /// Takes `character` if it comes next without white space before it.
  @inline(__always)
  mutating func takeRaw(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Passes over `count` bytes.
  @inline(__always)
  mutating func advance(_ count: Int) { position += count }

  /// Whether nothing but white space is left.
  mutating func isAtEnd() -> Bool {
    _ = peek()
    return position == bytes.count
  }

  /// A string; nil if none comes next or it is malformed.
  @inline(__always)
  mutating func string() -> JSONText? {
    guard take("\"") else { return nil }
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        return JSONText(
          raw: UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1]),
          hasEscapes: hasEscapes)
      }
      if byte < 0x20 { return nil }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        position += 1
      }
    }
    return nil
  }

  /// Calls `member` with the name of each member of an object; it takes the value and says whether
  /// it liked it. False for a malformed object.
  @inline(__always)
  mutating func object(_ member: (inout JSONScanner, JSONText) -> Bool) -> Bool {
    guard take("{") else { return false }
    if take("}") { return true }
    repeat {
      guard let name = string(), take(":"), member(&self, name) else { return false }
    } while take(",")
    return take("}")
  }

  /// Calls `element` at each element of an array, as ``object(_:)`` does.
  @inline(__always)
  mutating func array(_ element: (inout JSONScanner) -> Bool) -> Bool {
    guard take("[") else { return false }
    if take("]") { return true }
    repeat {
      guard element(&self) else { return false }
    } while take(",")
    return take("]")
  }
}
