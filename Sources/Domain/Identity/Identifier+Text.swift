extension Identifier: TextCodable, CustomStringConvertible {
  /// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, digits in either case; nil for anything else.
  public init?(_ text: String) {
    guard let value = text.withBytes({ Identifier(text: $0) }) else { return nil }
    self = value
  }

  /// The same from raw bytes, such as a part of a path.
  public init?(text bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.textCount else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for position in 0..<Self.textCount {
      let byte = bytes[position]
      if Self.isHyphen(position) {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = Self.digit(byte) else { return nil }
      // Sixteen digits and three hyphens make the upper half.
      if position < 19 { high = high << 4 | digit } else { low = low << 4 | digit }
    }
    self.init(high: high, low: low)
  }

  /// Writes the 36 characters, lower case, to the start of `target`.
  public func writeText(to target: UnsafeMutableRawPointer) {
    var rest = high
    for position in 0..<Self.textCount {
      if position == 19 { rest = low }
      var byte = UInt8(ascii: "-")
      if !Self.isHyphen(position) {
        let digit = UInt8(truncatingIfNeeded: rest >> 60)
        byte = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        rest <<= 4
      }
      target.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
    }
  }

  public var description: String {
    String(unsafeUninitializedCapacity: Self.textCount) { buffer in
      writeText(to: buffer.baseAddress!)
      return Self.textCount
    }
  }

  private static func isHyphen(_ position: Int) -> Bool {
    position == 8 || position == 13 || position == 18 || position == 23
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
