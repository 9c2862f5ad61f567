/// Walks over decimal numbers and single bytes.
struct DecimalScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    position += 1
    return bytes[position - 1]
  }

  mutating func take(_ expected: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == expected else { return false }
    position += 1
    return true
  }

  /// Up to eighteen digits.
  mutating func number() -> Int? {
    let start = position
    var value = 0
    while position < bytes.count, position - start < 18 {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      value = value * 10 + Int(digit)
      position += 1
    }
    return position > start ? value : nil
  }

  /// The bytes up to `end`, which is passed; `nil` when it does not come.
  mutating func text(until end: UInt8) -> UnsafeRawBufferPointer? {
    let start = position
    while position < bytes.count, bytes[position] != end { position += 1 }
    guard position < bytes.count else { return nil }
    position += 1
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1])
  }
}
