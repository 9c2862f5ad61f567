public import Domain

/// A rate policy as one loop's hot path sees it; the same object for all requests under it, by which a
/// batch tells policies apart. Loop-confined.
public final class HotRatePolicy {
  public let quota: RateQuota
  /// On trial: it counts, but refuses nothing.
  public let isShadow: Bool

  public init(quota: RateQuota, isShadow: Bool) {
    self.quota = quota
    self.isShadow = isShadow
  }
}

/// One policy that a request comes under, and the key that counts it there.
public struct RateItem {
  public let policy: HotRatePolicy
  public let key: [UInt8]

  public init(policy: HotRatePolicy, key: [UInt8]) {
    self.policy = policy
    self.key = key
  }
}

/// One request on its way to be charged, and who is told how it ended. Loop-confined.
///
/// A class to be derived from, like ``ClaimOperation``: a request with all that its answer needs is one
/// object.
open class RateOperation {
  public final let action: RateRules.Action
  /// Units; at most the burst of each policy.
  public final let cost: Int
  public final let items: [RateItem]

  public init(_ action: RateRules.Action, cost: Int, items: [RateItem]) {
    self.action = action
    self.cost = cost
    self.items = items
  }

  /// False once nobody wants the request any more: it is then not charged.
  open var isWaiting: Bool { true }

  /// Told once how it ended.
  open func ended(_ outcome: RateOutcome) {}
}

/// How the charge of a request ended.
public enum RateOutcome: Equatable, Sendable {
  case decided(RateVerdict)
  /// Nobody decided. What was sent may have been charged.
  case unavailable(Unavailability)
}

/// What was decided about one request.
public struct RateVerdict: Equatable, Sendable {
  /// Whether no policy that is in force refused it.
  public let isAllowed: Bool
  /// One for each item, in their order.
  public let standings: [RateStanding]
  /// When the call was sent, in microseconds of `EventLoop.nanoseconds()`'s clock: the standings are of
  /// this moment or a later one.
  public let sentAt: Int

  public init(isAllowed: Bool, standings: [RateStanding], sentAt: Int) {
    self.isAllowed = isAllowed
    self.standings = standings
    self.sentAt = sentAt
  }
}

extension RateOperation: BatchedOperation {
  func failed(_ reason: Unavailability) { ended(.unavailable(reason)) }
}
