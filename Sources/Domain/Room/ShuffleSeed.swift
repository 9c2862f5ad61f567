/// What the draw of a pre-queue follows from: 32 random bytes, chosen when the room is made.
///
/// Its ``commitment`` is published at once and the seed itself at the opening, so that nobody, the
/// operator included, can choose an order after seeing who came.
public struct ShuffleSeed: Sendable, Hashable {
  /// Bytes of a seed.
  public static let count = 32

  public let bytes: [UInt8]

  /// Returns nil unless there are ``count`` bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.count else { return nil }
    self.bytes = Array(bytes)
  }

  /// Reads 64 hexadecimal digits.
  public init?(hexadecimal text: String) {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 2 * Self.count, !digits.contains(nil) else { return nil }
    bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0]! << 4 | digits[$0 + 1]!)
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var hexadecimal: String { SHA256.hexadecimal(bytes) }

  /// SHA-256 of the seed's 32 bytes, as 64 lower-case hexadecimal digits.
  public var commitment: String { SHA256.hexadecimal(SHA256.digest(bytes)) }
}
