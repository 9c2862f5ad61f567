internal import Domain

/// A coupon that a client was told it has.
struct AcknowledgedCoupon: Sendable, Equatable {
  /// The user's index in the run.
  let user: Int
  let sequence: Int
  let coupon: Identifier
}

/// What the users of one worker were told, and what of it contradicts itself.
struct ClaimRecord: Sendable {
  private struct Holding {
    var sequence: UInt32 = 0
    var coupon = Identifier(high: 0, low: 0)
    /// A 201 came; a repeat that overtakes it brings the coupon first, with 200.
    var wasIssued = false
    var wasSoldOut = false
  }

  private var holdings: [Holding]
  private(set) var breaches = Breaches()

  init(users: Int) {
    holdings = Array(repeating: Holding(), count: users)
  }

  /// The largest sequence that can be kept.
  static let maximumSequence = Int(UInt32.max)

  /// Notes that `user` was told of a coupon. Returns false when that contradicts what it was told
  /// before.
  mutating func hold(user: Int, sequence: Int, coupon: Identifier, isReplay: Bool) -> Bool {
    let before = holdings[user]
    holdings[user].wasIssued = before.wasIssued || !isReplay
    if before.sequence == 0 {
      holdings[user].sequence = UInt32(sequence)
      holdings[user].coupon = coupon
      return true
    }
    if !isReplay && before.wasIssued {
      breaches.add("one user was issued two coupons: \(before.sequence) and \(sequence)")
      return false
    }
    guard Int(before.sequence) == sequence, before.coupon == coupon else {
      breaches.add(
        "a repeat brought another coupon: \(before.sequence) \(before.coupon), then \(sequence) \(coupon)"
      )
      return false
    }
    return true
  }

  /// Notes that `user` was told that all is sold out. Returns false for one who holds a coupon.
  mutating func soldOut(user: Int) -> Bool {
    holdings[user].wasSoldOut = true
    guard holdings[user].sequence == 0 else {
      breaches.add("the holder of coupon \(holdings[user].sequence) was told that it is sold out")
      return false
    }
    return true
  }

  mutating func note(_ breach: @autoclosure () -> String) { breaches.add(breach()) }

  /// The coupons told of; `index` turns the number of a user into its index in the run.
  func acknowledged(index: (Int) -> Int) -> [AcknowledgedCoupon] {
    holdings.enumerated().compactMap { user, holding in
      guard holding.sequence > 0 else { return nil }
      return AcknowledgedCoupon(
        user: index(user), sequence: Int(holding.sequence), coupon: holding.coupon)
    }
  }
}
