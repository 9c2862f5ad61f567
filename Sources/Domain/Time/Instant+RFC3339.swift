extension Instant: TextCodable, CustomStringConvertible {
  /// Characters of the text form.
  public static let textCount = 24

  /// Reads RFC 3339, such as `2026-01-31T09:30:00Z` or `2026-01-31T18:30:00.25+09:00`. Digits below
  /// the millisecond are dropped; a leap second is refused. Nil for anything else.
  public init?(_ text: String) {
    guard let value = text.withBytes({ Instant(text: $0) }) else { return nil }
    self = value
  }

  /// The same from raw bytes.
  public init?(text bytes: UnsafeRawBufferPointer) {
    var scanner = DigitScanner(bytes: bytes)
    guard
      let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2),
      scanner.take("-"), let day = scanner.number(2), scanner.take("T") || scanner.take("t"),
      let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2),
      scanner.take(":"), let second = scanner.number(2), let fraction = scanner.fraction(),
      let offset = scanner.offset(), scanner.isAtEnd,
      hour < 24, minute < 60, second < 60
    else { return nil }
    let date = CivilDate(year: year, month: month, day: day)
    guard date.exists else { return nil }
    let minutes = (date.daysSince1970 * 24 + hour) * 60 + minute - offset
    let value = Instant(milliseconds: Int64((minutes * 60 + second) * 1000 + fraction))
    guard value >= .earliest, value <= .latest else { return nil }
    self = value
  }

  /// Writes the 24 characters of `2026-01-31T09:30:00.250Z` to the start of `target`. Instants
  /// outside of ``earliest`` … ``latest`` are written as these.
  public func writeText(to target: UnsafeMutableRawPointer) {
    let clamped = min(max(self, .earliest), .latest)
    let seconds = Int(clamped.seconds)
    let milliseconds = Int(clamped.milliseconds) - seconds * 1000
    let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let second = seconds - days * 86_400
    let date = CivilDate(daysSince1970: days)
    func put(_ number: Int, _ width: Int, at offset: Int, then separator: UInt8) {
      var rest = number
      for place in stride(from: offset + width - 1, through: offset, by: -1) {
        target.storeBytes(of: 48 + UInt8(rest % 10), toByteOffset: place, as: UInt8.self)
        rest /= 10
      }
      target.storeBytes(of: separator, toByteOffset: offset + width, as: UInt8.self)
    }
    put(date.year, 4, at: 0, then: UInt8(ascii: "-"))
    put(date.month, 2, at: 5, then: UInt8(ascii: "-"))
    put(date.day, 2, at: 8, then: UInt8(ascii: "T"))
    put(second / 3600, 2, at: 11, then: UInt8(ascii: ":"))
    put(second / 60 % 60, 2, at: 14, then: UInt8(ascii: ":"))
    put(second % 60, 2, at: 17, then: UInt8(ascii: "."))
    put(milliseconds, 3, at: 20, then: UInt8(ascii: "Z"))
  }

  public var description: String {
    String(unsafeUninitializedCapacity: Self.textCount) { buffer in
      writeText(to: buffer.baseAddress!)
      return Self.textCount
    }
  }
}
