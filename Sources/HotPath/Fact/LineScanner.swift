/// Walks over lines of words that are parted by one space each.
struct LineScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }
  var isAtLineEnd: Bool { isAtEnd || bytes[position] == UInt8(ascii: "\n") }

  /// The visible ASCII up to a space, which is passed, or to the line's end; `nil` when there is
  /// none or something else is there.
  mutating func word() -> UnsafeRawBufferPointer? {
    let start = position
    while position < bytes.count, bytes[position] > 0x20, bytes[position] < 0x7F { position += 1 }
    guard position > start else { return nil }
    let word = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    if isAtLineEnd { return word }
    guard bytes[position] == UInt8(ascii: " ") else { return nil }
    position += 1
    // A space has a word behind it.
    return isAtLineEnd ? nil : word
  }

  /// A word of one to eighteen decimal digits.
  mutating func number() -> Int? { word().flatMap(Self.number) }

  /// What one to eighteen decimal digits say.
  static func number(_ word: UnsafeRawBufferPointer) -> Int? {
    guard (1...18).contains(word.count) else { return nil }
    var value = 0
    for byte in word {
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }

  /// Passes the end of a line; false when something else is there.
  mutating func endLine() -> Bool {
    guard isAtLineEnd else { return false }
    position += 1
    return true
  }
}
