/// The name of a tenant (an app), which is also the `app_id` claim of its tokens: 1 to 40 of `a` to
/// `z`, `0` to `9`, `-` and `_`, beginning with a letter or digit.
///
/// Narrower than other names, since it becomes a part of Redis keys and hash tags.
public struct TenantID: TextCodable {
  /// The text form.
  public let description: String

  /// Longest name in bytes.
  public static let maximumCount = 40

  /// Nil if `text` is no valid name.
  public init?(_ text: String) {
    guard let value = text.withBytes({ TenantID(bytes: $0) }) else { return nil }
    self = value
  }

  /// Nil if the bytes are no valid name.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard (1...Self.maximumCount).contains(bytes.count) else { return nil }
    for (position, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): continue
      case UInt8(ascii: "-"), UInt8(ascii: "_"): if position == 0 { return nil }
      default: return nil
      }
    }
    description = String(decoding: bytes, as: UTF8.self)
  }
}
