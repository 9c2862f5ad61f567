internal import Domain

/// Reads what a script that decides a batch answered, in place.
enum CellReply {
  case closed
  case full
  case malformed
  case decided(CellDecisions)

  init(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count == 1 {
      switch bytes[0] {
      case UInt8(ascii: "X"): self = .closed
      case UInt8(ascii: "B"): self = .full
      default: self = .malformed
      }
      return
    }
    self = CellDecisions(bytes).map(CellReply.decided) ?? .malformed
  }
}

/// The decisions about a batch: one line an operation, read one by one.
struct CellDecisions {
  /// Redis' clock when the batch was decided.
  let now: Instant
  /// At or above the stream entries behind all that was granted; `nil` where there is none.
  let position: StreamPosition?
  /// Whether enough replicas have what was granted; true where none are waited for.
  var isReplicated = true
  /// Stands behind the first line.
  var scanner: DecimalScanner
  /// The sequence of the coupon granted last; the next may be told to follow it.
  var lastSequence: Int?
  /// What the order granted last costs; the next may be told to cost the same.
  var lastPrices: (currency: Currency, unitPrices: [Int])?
  /// How many of the next orders were granted at these prices, too.
  var repeats = 0

  fileprivate init?(_ bytes: UnsafeRawBufferPointer) {
    scanner = DecimalScanner(bytes)
    guard let now = scanner.number(), scanner.take(UInt8(ascii: " ")) else { return nil }
    var position: StreamPosition?
    if !scanner.take(UInt8(ascii: "-")) {
      guard let milliseconds = scanner.number(), scanner.take(UInt8(ascii: "-")),
        let sequence = scanner.number()
      else { return nil }
      position = StreamPosition(milliseconds: milliseconds, sequence: sequence)
    }
    guard scanner.take(UInt8(ascii: " ")), scanner.number() != nil else { return nil }
    self.now = Instant(milliseconds: Int64(now))
    self.position = position
  }

  /// Whether something that was granted must not be told to one who goes by the replicas. What has no
  /// stream entry is in the ledger already.
  var isAtRisk: Bool { !isReplicated && position != nil }

  /// What is left under the rate policy, if the operation read last was charged to one.
  mutating func allowance() -> RateAllowance? {
    guard scanner.take(UInt8(ascii: "|")), let remaining = scanner.number(),
      scanner.take(UInt8(ascii: "|")), let reset = scanner.number()
    else { return nil }
    return RateAllowance(remaining: remaining, resetMilliseconds: reset)
  }

  /// What is left under a rate policy that all orders behind this share, if they do.
  mutating func sharedAllowance() -> RateAllowance? {
    var ahead = scanner
    guard ahead.take(UInt8(ascii: "\n")), ahead.take(UInt8(ascii: "A")),
      let remaining = ahead.number(), ahead.take(UInt8(ascii: "|")), let reset = ahead.number()
    else { return nil }
    scanner = ahead
    return RateAllowance(remaining: remaining, resetMilliseconds: reset)
  }
}
