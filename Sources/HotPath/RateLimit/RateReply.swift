internal import Domain

/// Reads what the script that charges answered, in place: one line a request, read one by one.
struct RateReply {
  private var scanner: DecimalScanner

  /// Nil when the reply is malformed.
  init?(_ bytes: UnsafeRawBufferPointer) {
    scanner = DecimalScanner(bytes)
    guard scanner.number() != nil else { return nil }
  }

  /// The verdict on the next request, whose items are `items`; nil when the reply is malformed.
  mutating func next(_ items: [RateItem], sentAt: Int) -> RateVerdict? {
    guard scanner.take(UInt8(ascii: "\n")), let mark = scanner.byte(),
      mark == UInt8(ascii: "A") || mark == UInt8(ascii: "D")
    else { return nil }
    var standings: [RateStanding] = []
    standings.reserveCapacity(items.count)
    for item in items {
      guard let standing = standing(limit: item.policy.quota.limit) else { return nil }
      standings.append(standing)
    }
    return RateVerdict(
      isAllowed: mark == UInt8(ascii: "A"), standings: standings, sentAt: sentAt)
  }

  private mutating func standing(limit: Int) -> RateStanding? {
    guard let mark = scanner.byte(), mark == UInt8(ascii: "+") || mark == UInt8(ascii: "-"),
      let microseconds = scanner.number(),
      microseconds <= RateQuota.Bounds.recoverySeconds * 1_000_000
    else { return nil }
    var part = 0
    if scanner.take(UInt8(ascii: ":")) {
      guard let number = scanner.number(), number < limit else { return nil }
      part = number
    }
    return RateStanding(conforms: mark == UInt8(ascii: "+"), lead: microseconds * limit + part)
  }
}
