/// A user's name inside a tenant: 1 to 64 visible ASCII characters.
public struct UserID: TextCodable {
  /// The text form.
  public let description: String

  /// Longest name in bytes.
  public static let maximumCount = 64

  /// Nil if `text` is no valid name.
  public init?(_ text: String) {
    guard let value = text.withBytes({ UserID(bytes: $0) }) else { return nil }
    self = value
  }

  /// Nil if the bytes are no valid name.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard let text = VisibleASCII.text(bytes, count: 1...Self.maximumCount) else { return nil }
    description = text
  }
}
