internal import Domain
public import EventLoop
public import HotPath

/// The rate policy of a campaign or a sale as one loop knows it, and what the loop remembers of the
/// requests that it refused. Loop-confined.
public final class ResourceRate {
  /// What response fields say of it.
  public let fields: RateFields
  private let scope: RatePolicy.Scope
  private let quota: RateQuota?
  private let refusals: ResourceRefusals
  private var number: Int
  private var lastFields: (line: RateLine, text: [UInt8])?
  private let output = ByteBuffer(capacity: 256)

  init(_ policy: RatePolicy, refusals: ResourceRefusals) {
    fields = RateFields(policy)
    scope = policy.scope
    // One out of bounds has no memory: what it refuses is asked for each time.
    quota =
      policy.windowMilliseconds % 1000 == 0
      ? RateQuota(
        limit: policy.limit, windowSeconds: policy.windowMilliseconds / 1000, burst: policy.burst)
      : nil
    self.refusals = refusals
    number = refusals.nextNumber()
  }

  /// What the cell is known to answer a request of `user`, where that is a refusal; nil when it has to be
  /// asked.
  ///
  /// The cell's scripts look at the policy before anything else, so that a request refused here would not have
  /// been answered by what was granted under its idempotency key either.
  ///
  /// - Parameter now: nanoseconds of `EventLoop.nanoseconds()`'s clock; looked at only where something is
  ///   remembered.
  @inline(__always)
  func refusal(
    of user: String, now: @autoclosure () -> UInt64
  ) -> RateWait? {
    guard !refusals.isEmpty, let quota else { return nil }
    return refusals.refusal(of: key(user), quota, now: Int(now() / 1000))
  }

  /// The response fields of an allowance, as `write` writes them of a line: the same of equal lines. The last ones
  /// are remembered, since those of a batch mostly have one allowance.
  @inline(__always)
  public func fieldText(
    of allowance: RateAllowance, _ write: (RateLine, ByteBuffer) -> Void
  ) -> [UInt8] {
    let line = RateLine(fields, allowance)
    if let lastFields, lastFields.line.remaining == line.remaining,
      lastFields.line.resetSeconds == line.resetSeconds
    {
      return lastFields.text
    }
    output.removeAll()
    write(line, output)
    let text = Array(output.bytes)
    lastFields = (line, text)
    return text
  }

  /// When a request came, and under which policy.
  public struct Mark {
    fileprivate let number: Int
    fileprivate let microseconds: Int
  }

  /// - Parameter now: when the request came, or later, but before it is sent; on the same clock.
  public func mark(at now: UInt64) -> Mark { Mark(number: number, microseconds: Int(now / 1000)) }

  /// Remembers that the cell refused a request of `user`, unless the policy may have changed since.
  public func refused(_ user: String, waitMilliseconds: Int, since mark: Mark) {
    guard let quota, mark.number == number else { return }
    refusals.remember(
      key(user), quota, waitMilliseconds: waitMilliseconds, since: mark.microseconds)
  }

  /// The policy may have changed: what the one before refused says nothing any more.
  func forget() { number = refusals.nextNumber() }

  private func key(_ user: String) -> DenyCache.Key {
    .init(policy: number, subject: scope == .user ? RateSubject(user: user) : RateSubject())
  }
}

/// How long a request has to wait that the policy of a campaign or a sale refused, and what is left under it.
public struct RateWait {
  public let milliseconds: Int
  public let allowance: RateAllowance
}
