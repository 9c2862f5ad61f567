/// A JSON value where it lies, as ``JSONScanner`` found it.
struct JSONToken {
  enum Kind { case string, number, boolean, null, object, array }
  let kind: Kind
  /// The value's bytes; of a string what is between the quotes, escapes unresolved.
  let bytes: UnsafeRawBufferPointer

  /// The value as an integer, if it is one that fits.
  var integer: Int? {
    guard kind == .number, (1...18).contains(bytes.count) else { return nil }
    var value = 0
    for byte in bytes {
      guard let digit = ResponseParser.decimalDigit(byte) else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// True for a string of exactly these bytes.
  @inline(__always)
  func isString(_ text: StaticString) -> Bool { kind == .string && bytes.isEqual(to: text) }
}

/// Is told each member of each object, outer ones after the inner ones that they hold.
protocol JSONVisitor {
  /// - Parameter depth: the objects and arrays around the member: 1 for the outermost object.
  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int)
}

/// Walks one JSON document in its own memory, checking the grammar (RFC 8259), without allocating.
///
/// Fast enough to look into every answer of a run. It shares nothing with the readers of the program
/// under test: a judge must not have the same blind spots.
struct JSONScanner {
  /// Objects and arrays inside one another; more are refused.
  static let maximumDepth = 32

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Returns false when `bytes` is not one well-formed JSON document.
  static func scan<Visitor: JSONVisitor>(
    _ bytes: UnsafeRawBufferPointer, _ visitor: inout Visitor
  ) -> Bool {
    var scanner = JSONScanner(bytes)
    scanner.skipSpace()
    guard scanner.value(depth: 0, &visitor) != nil else { return false }
    scanner.skipSpace()
    return scanner.position == bytes.count
  }

  private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value<Visitor: JSONVisitor>(
    depth: Int, _ visitor: inout Visitor
  ) -> JSONToken? {
    let start = position
    switch next {
    case UInt8(ascii: "\""):
      guard let text = string() else { return nil }
      return JSONToken(kind: .string, bytes: text)
    case UInt8(ascii: "{"):
      return depth < Self.maximumDepth && object(depth: depth + 1, &visitor)
        ? token(.object, from: start) : nil
    case UInt8(ascii: "["):
      return depth < Self.maximumDepth && array(depth: depth + 1, &visitor)
        ? token(.array, from: start) : nil
    case UInt8(ascii: "t"): return word("true") ? token(.boolean, from: start) : nil
    case UInt8(ascii: "f"): return word("false") ? token(.boolean, from: start) : nil
    case UInt8(ascii: "n"): return word("null") ? token(.null, from: start) : nil
    default: return number() ? token(.number, from: start) : nil
    }
  }

  private func token(_ kind: JSONToken.Kind, from start: Int) -> JSONToken {
    JSONToken(kind: kind, bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
  }

  private mutating func object<Visitor: JSONVisitor>(
    depth: Int, _ visitor: inout Visitor
  ) -> Bool {
    position += 1
    skipSpace()
    if take(UInt8(ascii: "}")) { return true }
    while true {
      guard next == UInt8(ascii: "\""), let name = string() else { return false }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { return false }
      skipSpace()
      guard let value = value(depth: depth, &visitor) else { return false }
      visitor.member(name, value, depth: depth)
      skipSpace()
      if take(UInt8(ascii: "}")) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
      skipSpace()
    }
  }

  private mutating func array<Visitor: JSONVisitor>(
    depth: Int, _ visitor: inout Visitor
  ) -> Bool {
    position += 1
    skipSpace()
    if take(UInt8(ascii: "]")) { return true }
    while true {
      guard value(depth: depth, &visitor) != nil else { return false }
      skipSpace()
      if take(UInt8(ascii: "]")) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
      skipSpace()
    }
  }

  private mutating func string() -> UnsafeRawBufferPointer? {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(position - 1)])
      case UInt8(ascii: "\\"):
        guard escape() else { return nil }
      case 0..<0x20:
        return nil
      default:
        position += 1
      }
    }
    return nil
  }

  private mutating func escape() -> Bool {
    position += 1
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
      return true
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        switch next {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
          UInt8(ascii: "A")...UInt8(ascii: "F"):
          position += 1
        default: return false
        }
      }
      return true
    default:
      return false
    }
  }

  private mutating func word(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard bytes.count - position >= length,
      UnsafeRawBufferPointer(rebasing: bytes[position..<(position + length)]).isEqual(to: text)
    else { return false }
    position += length
    return true
  }

  private mutating func number() -> Bool {
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")), !digits() { return false }
    if take(UInt8(ascii: ".")), !digits() { return false }
    if next | 0x20 == UInt8(ascii: "e") {
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      return digits()
    }
    return true
  }

  private mutating func digits() -> Bool {
    let start = position
    while ResponseParser.decimalDigit(next) != nil { position += 1 }
    return position > start
  }
}
