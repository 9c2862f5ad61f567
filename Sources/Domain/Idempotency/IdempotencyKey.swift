/// A client's name for one intention, so that it happens once however often it is sent: 1 to 255
/// visible ASCII characters.
public struct IdempotencyKey: TextCodable {
  /// The text form.
  public let description: String

  /// Longest key in bytes.
  public static let maximumCount = 255

  /// Nil if `text` is no valid key.
  public init?(_ text: String) {
    guard let value = text.withBytes({ IdempotencyKey(bytes: $0) }) else { return nil }
    self = value
  }

  /// Nil if the bytes are no valid key.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard let text = VisibleASCII.text(bytes, count: 1...Self.maximumCount) else { return nil }
    description = text
  }
}
