/// Checks that need all answers of a run.
enum ClaimCheck {
  /// Every sequence was told to one user only.
  static func sequences(_ coupons: [AcknowledgedCoupon]) -> Breaches {
    var breaches = Breaches()
    var holders: [Int: Int] = [:]
    holders.reserveCapacity(coupons.count)
    for coupon in coupons {
      if let other = holders.updateValue(coupon.user, forKey: coupon.sequence) {
        breaches.add("sequence \(coupon.sequence) was told to users \(other) and \(coupon.user)")
      }
    }
    return breaches
  }

  /// Nobody is refused while there is something left.
  ///
  /// - Parameter unanswered: requests without a usable answer, each of which may hold a coupon.
  static func soldOut(refused: Int, told: Int, unanswered: Int, quantity: Int) -> Breaches {
    var breaches = Breaches()
    if refused > 0, told + unanswered < quantity {
      breaches.add("sold out was answered, but only \(told) of \(quantity) coupons were issued")
    }
    return breaches
  }

  /// Whoever was first got something: with nobody refused, every user holds a coupon.
  static func issued(told: Int, users: Int, unanswered: Int, quantity: Int) -> Breaches {
    var breaches = Breaches()
    let expected = min(users, quantity)
    if told > expected || told + unanswered < expected {
      breaches.add("\(told) coupons for \(users) users of a quantity of \(quantity)")
    }
    return breaches
  }
}
