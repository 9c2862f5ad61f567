extension Identifier: TextCodable, CustomStringConvertible {
  /// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, digits in either case; nil for anything else.
  public init?(_ text: String) {
    guard let value = text.withBytes({ Identifier(text: $0) }) else { return nil }
    self = value
  }

  /// The same from raw bytes, such as a part of a path.
  public init?(text bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.textCount, bytes[8] == Self.hyphen, bytes[13] == Self.hyphen,
      bytes[18] == Self.hyphen, bytes[23] == Self.hyphen
    else { return nil }
    // Without a branch for each digit, which nobody could predict: looked at once, at the end.
    var areDigits = true
    func digits(_ range: Range<Int>, behind value: UInt64) -> UInt64 {
      var value = value
      for position in range {
        let byte = bytes[position]
        let isDecimal = byte &- UInt8(ascii: "0") < 10
        let isLetter = (byte | 0x20) &- UInt8(ascii: "a") < 6
        areDigits = areDigits && (isDecimal || isLetter)
        // The low half of a letter counts from 1, and letters have the bit 0x40.
        value = value << 4 | UInt64((byte & 0x0F) &+ (byte >> 6) &* 9)
      }
      return value
    }
    let high = digits(14..<18, behind: digits(9..<13, behind: digits(0..<8, behind: 0)))
    let low = digits(24..<36, behind: digits(19..<23, behind: 0))
    guard areDigits else { return nil }
    self.init(high: high, low: low)
  }

  /// Writes the 36 characters, lower case, to the start of `target`.
  public func writeText(to target: UnsafeMutableRawPointer) {
    let first = Self.digits(of: UInt32(truncatingIfNeeded: high >> 32))
    let second = Self.digits(of: UInt32(truncatingIfNeeded: high))
    let third = Self.digits(of: UInt32(truncatingIfNeeded: low >> 32))
    let fourth = Self.digits(of: UInt32(truncatingIfNeeded: low))
    target.storeBytes(of: first, as: UInt64.self)
    target.storeBytes(of: Self.hyphen, toByteOffset: 8, as: UInt8.self)
    target.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
    target.storeBytes(of: Self.hyphen, toByteOffset: 13, as: UInt8.self)
    target.storeBytes(
      of: UInt32(truncatingIfNeeded: second >> 32), toByteOffset: 14, as: UInt32.self)
    target.storeBytes(of: Self.hyphen, toByteOffset: 18, as: UInt8.self)
    target.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
    target.storeBytes(of: Self.hyphen, toByteOffset: 23, as: UInt8.self)
    target.storeBytes(
      of: UInt32(truncatingIfNeeded: third >> 32), toByteOffset: 24, as: UInt32.self)
    target.storeBytes(of: fourth, toByteOffset: 28, as: UInt64.self)
  }

  /// The eight digits of `value` as they lie in memory, the highest first; all at once, one in a byte.
  private static func digits(of value: UInt32) -> UInt64 {
    var spread = UInt64(value)
    spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
    spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
    spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
    // Sixteen where the digit is a letter, moved down to a one.
    let letters = ((spread + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return (spread + 0x3030_3030_3030_3030 + letters * 39).bigEndian
  }

  public var description: String {
    String(unsafeUninitializedCapacity: Self.textCount) { buffer in
      writeText(to: buffer.baseAddress!)
      return Self.textCount
    }
  }

  private static let hyphen = UInt8(ascii: "-")
}
