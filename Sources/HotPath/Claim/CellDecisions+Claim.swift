internal import Domain

extension CellDecisions {
  /// The next claim's decision; `nil` when the reply is malformed.
  mutating func nextClaim() -> ClaimDecision? {
    guard scanner.take(UInt8(ascii: "\n")), let mark = scanner.byte() else { return nil }
    switch mark {
    case UInt8(ascii: "G"):
      guard let sequence = scanner.number() ?? lastSequence.map({ $0 + 1 }) else { return nil }
      lastSequence = sequence
      return .granted(IssuedCoupon(sequence: sequence, issuedAt: now))
    case UInt8(ascii: "H"): return coupon().map(ClaimDecision.held)
    case UInt8(ascii: "R"): return coupon().map(ClaimDecision.replayed)
    case UInt8(ascii: "T"): return .takenBack
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
