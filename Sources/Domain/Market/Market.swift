/// A country that a tenant sells in: two capital letters, such as `KR`.
public struct Market: TextCodable {
  /// The text form.
  public let description: String

  /// Bytes of every market's text.
  public static let count = 2

  /// Nil if `text` is no market.
  public init?(_ text: String) {
    guard let value = text.withBytes({ Market(bytes: $0) }) else { return nil }
    self = value
  }

  /// Nil if the bytes are no market.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.count,
      bytes.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
    else { return nil }
    description = String(decoding: bytes, as: UTF8.self)
  }
}
