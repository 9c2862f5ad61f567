/// A language that messages are written in.
public enum Language: String, Sendable, CaseIterable {
  case english = "en"
  case korean = "ko"

  /// The best of our languages for the value of an `Accept-Language` header (RFC 9110, section
  /// 12.5.4); English where the header is absent, malformed or names none of ours.
  public init(acceptLanguage: UnsafeRawBufferPointer?) {
    self = .english
    guard let header = acceptLanguage else { return }
    var best = 0
    for entry in header.split(separator: UInt8(ascii: ",")) {
      let parts = entry.split(separator: UInt8(ascii: ";"))
      guard let tag = parts.first, let language = Self.named(trimmed(tag)) else { continue }
      let quality = parts.count > 1 ? Self.quality(trimmed(parts[1])) : 1000
      // The first of equals: a client names what it prefers first.
      if quality > best { (self, best) = (language, quality) }
    }
  }

  /// The same from text.
  public init(acceptLanguage: String) {
    self = acceptLanguage.withBytes { Language(acceptLanguage: $0) }
  }

  private static func named(_ tag: Slice<UnsafeRawBufferPointer>) -> Language? {
    let primary = tag.prefix { $0 != UInt8(ascii: "-") }.map { $0 | 0x20 }
    // `*` with the bit of lower case set is still `*`.
    if primary.elementsEqual("*".utf8) { return .english }
    return allCases.first { primary.elementsEqual($0.rawValue.utf8) }
  }

  /// Thousandths of `q=0.8`; 0 for what is no quality.
  private static func quality(_ text: Slice<UnsafeRawBufferPointer>) -> Int {
    guard text.count >= 3, text.count <= 7 else { return 0 }
    let bytes = Array(text)
    guard bytes[0] | 0x20 == UInt8(ascii: "q"), bytes[1] == UInt8(ascii: "=") else { return 0 }
    var digits = bytes[2...]
    if digits.count > 1 {
      guard digits[3] == UInt8(ascii: ".") else { return 0 }
      digits.remove(at: 3)
    }
    var value = 0
    for place in 0..<4 {
      let digit = place < digits.count ? Int(digits[2 + place]) - 48 : 0
      guard (0...9).contains(digit) else { return 0 }
      value = value * 10 + digit
    }
    return min(value, 1000)
  }
}

private func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
  func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
  var bytes = bytes.drop(while: isSpace)
  while let last = bytes.last, isSpace(last) { bytes.removeLast() }
  return bytes
}
