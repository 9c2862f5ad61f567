internal import Domain

/// Reads the lines that the room's scripts answer, in place.
struct RoomReply {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// Nil for "U": no such room, or another generation of it.
  init?(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count == 1, bytes[0] == UInt8(ascii: "U") { return nil }
    self.bytes = bytes
  }

  /// The next visitor's line of `join_room`; nil when it is malformed.
  mutating func join() -> JoinOutcome? {
    defer { endLine() }
    switch byte() {
    case UInt8(ascii: "W"):
      guard let number = number(), take(":"), let issued = self.number() else { return nil }
      return .waiting(number: number, issued: issued)
    case UInt8(ascii: "A"):
      guard let number = number(), take(":"), let issued = self.number(), take(":"),
        let end = self.number()
      else { return nil }
      return .admitted(
        number: number, issued: issued, until: Instant(milliseconds: Int64(end)))
    case UInt8(ascii: "R"): return .refused
    case UInt8(ascii: "F"): return .full
    default: return nil
    }
  }

  /// The next ticket's line of `see_tickets`; nil when it is malformed.
  mutating func sight() -> SightOutcome? {
    defer { endLine() }
    switch byte() {
    case UInt8(ascii: "W"): return .waiting(rank: number())
    case UInt8(ascii: "A"):
      return number().map { .admitted(until: Instant(milliseconds: Int64($0))) }
    case UInt8(ascii: "E"): return .over
    default: return nil
    }
  }

  private mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    position += 1
    return bytes[position - 1]
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Up to eighteen digits.
  private mutating func number() -> Int? {
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

  private mutating func endLine() {
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    position += 1
  }
}
