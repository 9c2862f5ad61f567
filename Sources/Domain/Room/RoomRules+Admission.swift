extension RoomRules {
  /// Admits who is next; returns their numbers in the order in which they are called.
  ///
  /// - Parameters:
  ///   - rate: admissions a second; the operator's own bounds it.
  ///   - limit: admissions of one call.
  public mutating func admit(rate: Double, limit: Int, now: Instant) -> [Int] {
    let now = now.milliseconds
    sessions = sessions.filter { $0.value.until > now }
    let rate = min(Double(terms.ratePerSecond), rate)
    let elapsed = max(0, now - creditedAt)
    credit = min(max(1, rate / 4), credit + rate * Double(elapsed) / 1000)
    creditedAt = now
    recent.removeAll { now - $0.at >= 1000 }
    let allowed = allowance(rate: rate, limit: limit, now: now)
    var admitted: [Int] = []
    while admitted.count < allowed, let (order, visitor) = queue.first {
      queue.removeFirst()
      served = max(served, order)
      let place = waiting.removeValue(forKey: visitor)!
      if hasLapsed(place, now) { continue }
      admitted.append(place.number)
      let isFree = terms.queueing == .passthrough
      let seconds = isFree ? terms.sessionSeconds : terms.graceSeconds
      sessions[visitor] = Session(
        number: place.number, issued: place.issued, until: now + Int64(seconds) * 1000,
        isExempt: isFree,
        isSeen: isFree)
    }
    if !admitted.isEmpty, terms.queueing != .passthrough {
      credit -= Double(admitted.count)
      recent.append((now, admitted.count))
    }
    return admitted
  }

  /// How many may be admitted: places, the credit that spreads admissions evenly, and what the last second
  /// has left of the rate.
  private func allowance(rate: Double, limit: Int, now: Int64) -> Int {
    if let opensAt = terms.opensAt, now < opensAt.milliseconds { return 0 }
    if needsDraw(now: Instant(milliseconds: now)) || terms.queueing == .reject { return 0 }
    // While no node is there that could see visitors, nobody is admitted unawares.
    if (Int(now / 1000) - beat) * 2 > terms.graceSeconds { return 0 }
    if terms.queueing == .passthrough { return limit }
    let ofSecond = max(1, Int((rate + 0.000001).rounded(.down)))
    let left = ofSecond - recent.reduce(0) { $0 + $1.count }
    let credited = Int((credit + 0.000001).rounded(.down))
    return max(0, min(limit, terms.capacity - inside, credited, left))
  }

  /// Whether a ticket's holder stayed away for the grace.
  private func hasLapsed(_ place: Place, _ now: Int64) -> Bool {
    Int(now / 1000) - max(place.seen, graceFrom) > terms.graceSeconds
  }
}
