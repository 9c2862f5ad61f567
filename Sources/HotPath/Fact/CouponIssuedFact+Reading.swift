public import Domain

extension CouponIssuedFact {
  /// One coupon of a payload that is read in place: its bytes are the payload's.
  public struct Coupon {
    public let campaign: Identifier
    public let sequence: Int
    public let issuedAt: Instant
    public let user: UnsafeRawBufferPointer
    /// The user's first, second, … coupon of the campaign.
    public let ordinal: Int
    /// Digest and fingerprint of the idempotency key it was claimed with.
    public let idempotency: (digest: UnsafeRawBufferPointer, fingerprint: UnsafeRawBufferPointer)?
  }

  /// Reads a payload in place and gives its coupons to `take`, in order.
  ///
  /// - Returns: false when the payload is malformed; some of it may have been given by then.
  public static func read(_ payload: UnsafeRawBufferPointer, _ take: (Coupon) -> Void) -> Bool {
    var scanner = LineScanner(payload)
    guard let name = scanner.word(), let campaign = Identifier(text: name),
      let first = scanner.number(), first > 0, let issued = scanner.number(), scanner.endLine()
    else { return false }
    let issuedAt = Instant(milliseconds: Int64(issued))
    var sequence = first
    while !scanner.isAtEnd {
      guard let user = scanner.word(), (1...UserID.maximumCount).contains(user.count),
        let rest = scanner.coupon()
      else { return false }
      take(
        Coupon(
          campaign: campaign, sequence: sequence, issuedAt: issuedAt, user: user,
          ordinal: rest.ordinal, idempotency: rest.idempotency))
      sequence += 1
    }
    return sequence > first
  }
}

extension LineScanner {
  fileprivate typealias Rest = (
    ordinal: Int,
    idempotency: (digest: UnsafeRawBufferPointer, fingerprint: UnsafeRawBufferPointer)?
  )

  /// Reads what follows a user up to the end of the line, which is passed.
  fileprivate mutating func coupon() -> Rest? {
    if isAtLineEnd { return endLine() ? (1, nil) : nil }
    guard let ordinal = number(), ordinal > 0 else { return nil }
    if isAtLineEnd { return endLine() ? (ordinal, nil) : nil }
    guard let digest = word(), let fingerprint = word(), endLine() else { return nil }
    return (ordinal, (digest, fingerprint))
  }
}
