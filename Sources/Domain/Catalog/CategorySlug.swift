/// The name of a category in paths: words of small letters and digits, joined by single hyphens, 1 to 64
/// characters.
public struct CategorySlug: TextCodable {
  /// The text form.
  public let description: String

  /// Longest slug in bytes.
  public static let maximumCount = 64

  /// Nil if `text` is no slug.
  public init?(_ text: String) {
    guard (1...Self.maximumCount).contains(text.utf8.count) else { return nil }
    var previous = UInt8(ascii: "-")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
      case UInt8(ascii: "-") where previous != UInt8(ascii: "-"): break
      default: return nil
      }
      previous = byte
    }
    guard previous != UInt8(ascii: "-") else { return nil }
    description = text
  }
}
