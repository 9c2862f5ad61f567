/// A UUID: 16 bytes, written as 36 characters. New ones are version 7 (RFC 9562), which sort by the
/// time of their making and so fill an index from one end.
public struct Identifier: Hashable, Sendable, Comparable {
  /// Bytes 0 to 7, the first in the most significant place.
  public let high: UInt64
  /// Bytes 8 to 15.
  public let low: UInt64

  /// Characters of the text form.
  public static let textCount = 36
  /// Bytes of the binary form.
  public static let byteCount = 16

  /// Takes the two halves as they are.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A version 7 identifier. Of `counter` the low 12 bits are taken, of `random` the low 62.
  public init(at time: Instant, counter: UInt16, random: UInt64) {
    let stamp = UInt64(truncatingIfNeeded: time.milliseconds) & 0xFFFF_FFFF_FFFF
    high = stamp << 16 | 0x7000 | UInt64(counter & 0xFFF)
    low = 0b10 << 62 | random & (1 << 62 - 1)
  }

  /// A version 7 identifier with fresh random bits; see ``IdentifierGenerator`` for many in order.
  public init(at time: Instant, using random: inout some RandomNumberGenerator) {
    let counter = UInt16(truncatingIfNeeded: random.next())
    self.init(at: time, counter: counter, random: random.next())
  }

  /// 4 for random, 7 for ordered by time.
  public var version: Int { Int(high >> 12 & 0xF) }

  /// When a version 7 identifier was made; nil for other versions.
  public var time: Instant? {
    version == 7 ? Instant(milliseconds: Int64(high >> 16)) : nil
  }

  public static func < (left: Identifier, right: Identifier) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension Identifier {
  /// Takes exactly 16 bytes, the binary form; nil for any other number.
  public init?(binary bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// The binary form: 16 bytes.
  public var binary: [UInt8] {
    withUnsafeBytes(of: high.bigEndian, Array.init)
      + withUnsafeBytes(of: low.bigEndian, Array.init)
  }
}
