internal import Glibc

/// A string of JSON as it stands between its quotes. Valid as long as the scanned bytes are.
struct JSONText {
  let raw: UnsafeRawBufferPointer
  let hasEscapes: Bool

  /// Whether the string says `word`, which is plain ASCII.
  @inline(__always)
  func says(_ word: StaticString) -> Bool {
    if hasEscapes { return saysWithEscapes(word) }
    return raw.count == word.utf8CodeUnitCount
      && memcmp(raw.baseAddress!, word.utf8Start, raw.count) == 0
  }

  private func saysWithEscapes(_ word: StaticString) -> Bool {
    guard let bytes = unescaped() else { return false }
    return bytes.elementsEqual(
      UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  /// Calls `body` with the bytes that the string means; nil for a malformed escape.
  @inline(__always)
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result?) -> Result? {
    if !hasEscapes { return body(raw) }
    return unescaped()?.withUnsafeBytes { body($0) }
  }

  /// The bytes with all escapes resolved; nil for a malformed escape or half of a surrogate pair.
  func unescaped() -> [UInt8]? {
    var bytes: [UInt8] = []
    var position = 0
    while position < raw.count {
      let byte = raw[position]
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard position < raw.count else { return nil }
      let kind = raw[position]
      position += 1
      switch kind {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(kind)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "u"):
        guard let scalar = scalar(at: &position) else { return nil }
        bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
      default: return nil
      }
    }
    return bytes
  }

  private func scalar(at position: inout Int) -> Unicode.Scalar? {
    guard let first = unit(at: &position) else { return nil }
    guard 0xD800...0xDBFF ~= first else { return Unicode.Scalar(first) }
    guard position + 1 < raw.count, raw[position] == UInt8(ascii: "\\"),
      raw[position + 1] == UInt8(ascii: "u")
    else { return nil }
    position += 2
    guard let second = unit(at: &position), 0xDC00...0xDFFF ~= second else { return nil }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private func unit(at position: inout Int) -> UInt32? {
    guard position + 4 <= raw.count else { return nil }
    defer { position += 4 }
    var value: UInt32 = 0
    for byte in raw[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
