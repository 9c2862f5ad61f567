/// A stock keeping unit of a tenant: 1 to 64 letters, digits, `.`, `_` and `-`.
public struct SKU: TextCodable {
  /// The text form.
  public let description: String

  /// Longest name in bytes.
  public static let maximumCount = 64

  /// Nil if `text` is no SKU.
  public init?(_ text: String) {
    guard let value = text.withBytes({ SKU(bytes: $0) }) else { return nil }
    self = value
  }

  /// Nil if the bytes are no SKU.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard Self.isValid(bytes) else { return nil }
    description = String(decoding: bytes, as: UTF8.self)
  }

  /// Whether the bytes are a SKU's text: nothing that could be mistaken for the structure of a key
  /// or of a fact.
  public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard (1...maximumCount).contains(bytes.count) else { return false }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        continue
      default: return false
      }
    }
    return true
  }
}
