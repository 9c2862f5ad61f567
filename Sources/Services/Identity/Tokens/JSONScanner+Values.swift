extension JSONScanner {
  /// Most digits of a whole number: any such number fits.
  private static let maximumDigits = 15

  /// A number, its fraction dropped. Nil for other values, numbers with an exponent, and those of
  /// more than 15 digits before the point: a token has no use for them.
  mutating func wholeNumber() -> Int64? {
    let isNegative = take("-")
    let first = peekRaw()
    var value: Int64 = 0
    let digits = takeDigits { value = value * 10 + Int64($0) }
    guard (1...Self.maximumDigits).contains(digits) else { return nil }
    if digits > 1, first == UInt8(ascii: "0") { return nil }
    if takeRaw(".") { guard takeDigits({ _ in }) > 0 else { return nil } }
    if takeRaw("e") || takeRaw("E") { return nil }
    return isNegative ? -value : value
  }

  /// Passes over one value of any kind; false if it is malformed.
  mutating func skipValue(depth: Int = 0) -> Bool {
    guard depth < Self.maximumDepth else { return false }
    switch peek() {
    case UInt8(ascii: "\""): return string() != nil
    case UInt8(ascii: "{"): return object { scanner, _ in scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["): return array { scanner in scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "t"): return takeWord("true")
    case UInt8(ascii: "f"): return takeWord("false")
    case UInt8(ascii: "n"): return takeWord("null")
    default: return skipNumber()
    }
  }

  private mutating func skipNumber() -> Bool {
    _ = take("-")
    let first = peekRaw()
    let digits = takeDigits { _ in }
    guard digits > 0, digits == 1 || first != UInt8(ascii: "0") else { return false }
    if takeRaw(".") { guard takeDigits({ _ in }) > 0 else { return false } }
    if takeRaw("e") || takeRaw("E") {
      if !takeRaw("+") { _ = takeRaw("-") }
      return takeDigits { _ in } > 0
    }
    return true
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    for index in 0..<word.utf8CodeUnitCount {
      guard takeRaw(Unicode.Scalar(word.utf8Start[index])) else { return false }
    }
    return true
  }

  /// Returns how many digits it took.
  @inline(__always)
  private mutating func takeDigits(_ digit: (UInt8) -> Void) -> Int {
    var count = 0
    while position + count < bytes.count {
      let value = bytes[position + count] &- UInt8(ascii: "0")
      guard value < 10 else { break }
      // The value of a longer number is not used; it must not overflow on the way.
      if count < Self.maximumDigits { digit(value) }
      count += 1
    }
    advance(count)
    return count
  }
}
