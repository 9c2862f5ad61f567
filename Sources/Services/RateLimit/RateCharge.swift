internal import Domain
public import HotPath

/// A request that is charged to all of its policies, or to none. Loop-confined.
///
/// To be derived from: ``settled(_:)`` is told what became of it.
open class RateCharge: RateOperation {
  let limiter: RateLimiter
  let rates: RouteRates
  let caller: RateCaller
  /// The policies that the request comes under, one for each item.
  let policies: [AppliedPolicy]
  /// What Redis decided, if it did.
  var verdict: RateVerdict?

  public init(_ limiter: RateLimiter, _ rates: RouteRates, _ caller: RateCaller) {
    self.limiter = limiter
    self.rates = rates
    self.caller = caller
    var items: [RateItem] = []
    items.reserveCapacity(rates.policies.count)
    var missing: Set<Int> = []
    for (index, policy) in rates.policies.enumerated() {
      guard let subject = policy.subject(of: caller, endpoint: rates.route.name) else {
        missing.insert(index)
        continue
      }
      items.append(
        RateItem(policy: policy.hot, key: RateKeys.key(rates.prefixes[index], subject)))
    }
    policies =
      missing.isEmpty
      ? rates.policies
      : rates.policies.enumerated().filter { !missing.contains($0.offset) }.map(\.element)
    super.init(.charge, cost: rates.cost, items: items)
  }

  /// Told once what became of the request.
  open func settled(_ result: RateResult) {}

  public final override func ended(_ outcome: RateOutcome) {
    settled(limiter.result(of: self, outcome))
  }

  /// Gives the charge back: the request failed for a reason of our own, or a policy of what it asked for
  /// refused it. Does nothing for one that was not charged, or was given back already.
  public final func refund() {
    guard let verdict, verdict.isAllowed else { return }
    self.verdict = nil
    var charged: [RateItem] = []
    for (index, standing) in verdict.standings.enumerated() where standing.conforms {
      charged.append(items[index])
      limiter.denied.forget(denyKey(index))
    }
    if charged.isEmpty { return }
    rates.path.submit(RateOperation(.refund, cost: cost, items: charged))
  }

  func denyKey(_ index: Int) -> DenyCache.Key {
    let policy = policies[index]
    // The caller has what the policy asks for, or the request would not come under it.
    return .init(
      policy: policy.number, subject: policy.subject(of: caller, endpoint: rates.route.name)!)
  }
}
