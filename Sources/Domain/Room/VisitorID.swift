/// Who holds a ticket: 128 bits that name a user of the tenant or a guest. Nothing can be read from it but
/// which of the two, in the lowest bit.
public struct VisitorID: Hashable, Sendable {
  public let high: UInt64
  public let low: UInt64

  /// Bytes of the binary form, which is how Redis keeps it.
  public static let byteCount = 16

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Whether the visitor joined without a token.
  public var isGuest: Bool { low & 1 == 1 }

  /// Takes exactly 16 bytes; nil for any other number.
  public init?(binary bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// Writes the 16 bytes of the binary form to the start of `target`.
  public func writeBinary(to target: UnsafeMutableRawPointer) {
    target.storeBytes(of: high.bigEndian, as: UInt64.self)
    target.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
  }

  /// The 16 bytes of the binary form.
  public var binary: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      writeBinary(to: buffer.baseAddress!)
      count = Self.byteCount
    }
  }
}
