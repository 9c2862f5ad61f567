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
    guard let source = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
    let output = target.assumingMemoryBound(to: UInt8.self)
    // Bits above the low six mark a character outside the alphabet; looked at once, at the end.
    var invalid: UInt8 = 0
    func value(_ position: Int) -> UInt8 {
      let value = decodingTable[Int(source[position])]
      invalid |= value
      return value
    }
    var written = 0
    var read = 0
    let whole = text.count & ~3
    while read < whole {
      let (a, b, c, d) = (value(read), value(read + 1), value(read + 2), value(read + 3))
      output[written] = a << 2 | b >> 4
      output[written + 1] = b << 4 | c >> 2
      output[written + 2] = c << 6 | d
      read += 4
      written += 3
    }
    let rest = text.count - whole
    if rest == 1 { return nil }
    if rest > 1 {
      let (a, b, c) = (value(read), value(read + 1), rest == 3 ? value(read + 2) : 0)
      output[written] = a << 2 | b >> 4
      if rest == 3 { output[written + 1] = b << 4 | c >> 2 }
      // Bits that no byte takes are zero in the one canonical form.
      if (rest == 2 ? b & 0x0F : c & 0x03) != 0 { return nil }
      written += rest - 1
    }
    return invalid & 0xC0 == 0 ? written : nil
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

  /// The value of each character; 0xFF outside the alphabet. Inline, so that looking a value up
  /// counts no references.
  private static let decodingTable: InlineArray<256, UInt8> = {
    var table = InlineArray<256, UInt8>(repeating: 0xFF)
    for value in 0..<UInt8(64) { table[Int(character(value))] = value }
    return table
  }()
}
