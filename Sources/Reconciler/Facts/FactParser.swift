internal import Domain
internal import Ledger

/// Reads the payload of a `coupon.issued` fact in place, as the claim script writes it:
///
///     <campaign> <first sequence> <issued ms>
///     <user>[ <ordinal>[ <idempotency digest> <fingerprint>]]
///     …
enum FactParser {
  /// Adds the coupons of `payload` to `facts`.
  ///
  /// - Returns: false when the payload is malformed; some of it may have been added then.
  static func append(_ payload: UnsafeRawBufferPointer, to facts: inout CouponFacts) -> Bool {
    var scanner = LineScanner(payload)
    guard let name = scanner.word(), let campaign = Identifier(text: name),
      let first = scanner.number(), first > 0, let issued = scanner.number(), scanner.endLine()
    else { return false }
    let issuedAt = Instant(milliseconds: Int64(issued))
    var sequence = first
    while !scanner.isAtEnd {
      guard let user = scanner.word(), (1...UserID.maximumCount).contains(user.count) else {
        return false
      }
      var ordinal = 1
      var record: (digest: UnsafeRawBufferPointer, fingerprint: UnsafeRawBufferPointer)?
      if !scanner.isAtLineEnd {
        guard let number = scanner.number(), number > 0 else { return false }
        ordinal = number
        if !scanner.isAtLineEnd {
          guard let digest = scanner.word(), let fingerprint = scanner.word() else { return false }
          record = (digest, fingerprint)
        }
      }
      guard scanner.endLine() else { return false }
      facts.append(
        campaign: campaign, sequence: sequence, user: user, ordinal: ordinal, issuedAt: issuedAt,
        record: record)
      sequence += 1
    }
    return sequence > first
  }
}

/// Walks over lines of words that are parted by one space each.
private struct LineScanner {
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
  mutating func number() -> Int? {
    guard let word = word(), word.count <= 18 else { return nil }
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
