internal import Domain

/// Reads what the claim script answered, in place.
enum ClaimReply {
  case closed
  case full
  case malformed
  case decided(Decisions)

  /// One line an operation, read one by one.
  struct Decisions {
    /// Redis' clock when the batch was decided.
    let now: Instant
    let position: StreamPosition?
    fileprivate var scanner: DecimalScanner

    /// What is left under the rate policy, if the operation read last was charged to one.
    mutating func allowance() -> RateAllowance? {
      guard scanner.take(UInt8(ascii: "|")), let remaining = scanner.number(),
        scanner.take(UInt8(ascii: "|")), let reset = scanner.number()
      else { return nil }
      return RateAllowance(remaining: remaining, resetMilliseconds: reset)
    }

    /// The next operation's decision; `nil` when the reply is malformed.
    mutating func next() -> ClaimDecision? {
      guard scanner.take(UInt8(ascii: "\n")), let mark = scanner.byte() else { return nil }
      switch mark {
      case UInt8(ascii: "G"):
        guard let sequence = scanner.number() else { return nil }
        return .granted(IssuedCoupon(sequence: sequence, issuedAt: now))
      case UInt8(ascii: "H"): return coupon().map(ClaimDecision.held)
      case UInt8(ascii: "R"): return coupon().map(ClaimDecision.replayed)
      case UInt8(ascii: "M"): return .keyReused
      case UInt8(ascii: "E"): return .notEligible
      case UInt8(ascii: "S"): return scanner.number().map(ClaimDecision.soldOut(version:))
      case UInt8(ascii: "N"):
        return scanner.number().map { .notOpen(until: Instant(milliseconds: Int64($0))) }
      case UInt8(ascii: "C"): return .closed
      case UInt8(ascii: "L"):
        return scanner.number().map(ClaimDecision.rateLimited(retryAfterMilliseconds:))
      case UInt8(ascii: "U"): return .unknownCampaign
      default: return nil
      }
    }

    private mutating func coupon() -> IssuedCoupon? {
      guard let sequence = scanner.number(), scanner.take(UInt8(ascii: ":")),
        let issued = scanner.number()
      else { return nil }
      return IssuedCoupon(sequence: sequence, issuedAt: Instant(milliseconds: Int64(issued)))
    }
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count == 1 {
      switch bytes[0] {
      case UInt8(ascii: "X"): self = .closed
      case UInt8(ascii: "B"): self = .full
      default: self = .malformed
      }
      return
    }
    var scanner = DecimalScanner(bytes)
    guard let now = scanner.number(), scanner.take(UInt8(ascii: " ")) else {
      self = .malformed
      return
    }
    var position: StreamPosition?
    if !scanner.take(UInt8(ascii: "-")) {
      guard let milliseconds = scanner.number(), scanner.take(UInt8(ascii: "-")),
        let sequence = scanner.number()
      else {
        self = .malformed
        return
      }
      position = StreamPosition(milliseconds: milliseconds, sequence: sequence)
    }
    guard scanner.take(UInt8(ascii: " ")), scanner.number() != nil else {
      self = .malformed
      return
    }
    self = .decided(
      Decisions(now: Instant(milliseconds: Int64(now)), position: position, scanner: scanner))
  }
}
