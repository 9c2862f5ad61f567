internal import Domain
internal import HotPath

/// What one loop remembers of requests that policies of campaigns and sales refused. Loop-confined.
///
/// It is for them what ``DenyCache`` is for policies of the installation. Their scripts tell whole
/// milliseconds, of a clock that is cut down to them, so that a request may pass up to a millisecond earlier than
/// the wait that was told: that last one is asked for in Redis.
final class ResourceRefusals {
  private static let cost = 1
  private static let millisecond = 1_000

  // Without run-time checks of exclusive access: no access spans a call that could come back.
  @exclusivity(unchecked) private var denied = DenyCache()
  private var lastNumber = 0

  var isEmpty: Bool { denied.count == 0 }

  /// A number that no policy had before.
  func nextNumber() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// - Parameter now: microseconds.
  func refusal(
    of key: DenyCache.Key, _ quota: RateQuota, now: Int
  ) -> RateWait? {
    guard let lead = denied.refusal(of: key, quota: quota, cost: Self.cost, now: now) else {
      return nil
    }
    func milliseconds(_ microseconds: Int) -> Int {
      // With the one that was taken off.
      (microseconds + Self.millisecond - 1) / Self.millisecond + 1
    }
    return RateWait(
      milliseconds: milliseconds(quota.waitMicroseconds(lead, cost: Self.cost)),
      allowance: RateAllowance(
        remaining: quota.remaining(lead),
        resetMilliseconds: milliseconds(quota.resetMicroseconds(lead))))
  }

  /// - Parameter since: microseconds; not later than the moment that the call was sent.
  func remember(_ key: DenyCache.Key, _ quota: RateQuota, waitMilliseconds: Int, since: Int) {
    let wait = (waitMilliseconds - 1) * Self.millisecond
    let passing = quota.fullLead - Self.cost * quota.windowMicroseconds
    let lead = passing + wait * quota.limit
    // A wait that is longer than the policy's own comes from one before it, and ends when that one says.
    guard wait > 0, lead <= quota.fullLead else { return }
    denied.remember(key, quota: quota, cost: Self.cost, lead: lead, sentAt: since)
  }

  /// The cells may have lost what they counted.
  func forgetAll() { denied.forgetAll() }
}
