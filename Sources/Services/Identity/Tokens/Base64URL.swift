/// Base 64 with the alphabet for URLs and without padding (RFC 4648, section 5; RFC 7515, appendix
/// C). Strict: each value has exactly one text form, so a changed token is never the same token.
enum Base64URL {
  /// Bytes that `count` characters stand for, rounded down.
  @inline(__always)
  static func decodedCount(_ count: Int) -> Int { count * 3 / 4 }

  /// Characters that `count` bytes take.
  @inline(__always)
  static func encodedCount(_ count: Int) -> Int { (count * 4 + 2) / 3 }

  /// Decodes into `target`, which has room for ``decodedCount(_:)`` bytes; returns their number, or
  /// nil for text that is not canonical.
  static func decode(
    _ text: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer
  ) -> Int? {
    let output = target.assumingMemoryBound(to: UInt8.self)
    let whole = text.count & ~3
    return decodingTable.withUnsafeBufferPointer { table -> Int? in
      let table = table.baseAddress!
      guard text.count > 0, let source = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
      else { return 0 }
      var written = 0
      // Bits above the low six mark a character outside the alphabet; looked at once, at the end.
      var invalid: UInt8 = 0
      var read = 0
      while read < whole {
        let (a, b) = (table[Int(source[read])], table[Int(source[read + 1])])
        let (c, d) = (table[Int(source[read + 2])], table[Int(source[read + 3])])
        invalid |= a | b | c | d
        output[written] = a << 2 | b >> 4
        output[written + 1] = b << 4 | c >> 2
        output[written + 2] = c << 6 | d
        read += 4
        written += 3
      }
      switch text.count - whole {
      case 1: return nil
      case 2:
        let (a, b) = (table[Int(source[read])], table[Int(source[read + 1])])
        output[written] = a << 2 | b >> 4
        written += 1
        if b & 0x0F != 0 { return nil }
        invalid |= a | b
      case 3:
        let (a, b) = (table[Int(source[read])], table[Int(source[read + 1])])
        let c = table[Int(source[read + 2])]
        output[written] = a << 2 | b >> 4
        output[written + 1] = b << 4 | c >> 2
        written += 2
        if c & 0x03 != 0 { return nil }
        invalid |= a | b | c
      default: break
      }
      return invalid & 0xC0 == 0 ? written : nil
    }
  }

  static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { text -> [UInt8]? in
      let text = UnsafeRawBufferPointer(text)
      var count: Int?
      let bytes = [UInt8](unsafeUninitializedCapacity: decodedCount(text.count)) { buffer, size in
        guard let base = buffer.baseAddress else { return count = text.isEmpty ? 0 : nil }
        count = decode(text, into: base)
        size = count ?? 0
      }
      return count == nil ? nil : bytes
    }
  }

  static func encode(_ bytes: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  static func append(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
    text.reserveCapacity(text.count + encodedCount(bytes.count))
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        text.append(character(UInt8(bits >> UInt32(count) & 63)))
      }
    }
    if count > 0 { text.append(character(UInt8(bits << UInt32(6 - count) & 63))) }
  }

  private static func character(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + value - 26
    case 52..<62: UInt8(ascii: "0") + value - 52
    case 62: UInt8(ascii: "-")
    default: UInt8(ascii: "_")
    }
  }

  /// The value of each character; 0xFF outside the alphabet.
  private static let decodingTable: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for value in 0..<UInt8(64) { table[Int(character(value))] = value }
    return table
  }()
}
