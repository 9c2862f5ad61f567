internal import Domain
public import HotPath

/// A request that is charged to all of its policies, or to none. Loop-confined.
///
/// To be derived from: ``settled(_:)`` is told what became of it.
open class RateCharge: RateOperation {
  let limiter: RateLimiter
  let rates: RouteRates
  /// The policies that the request comes under, and whose requests it is counted with in each.
  let policies: [AppliedPolicy]
  let subjects: [RateSubject]
  /// What Redis decided, if it did.
  var verdict: RateVerdict?

  public init(_ limiter: RateLimiter, _ rates: RouteRates, _ caller: RateCaller) {
    self.limiter = limiter
    self.rates = rates
    var policies: [AppliedPolicy] = []
    var subjects: [RateSubject] = []
    var items: [RateItem] = []
    items.reserveCapacity(rates.policies.count)
    for policy in rates.policies {
      guard let subject = policy.subject(of: caller, endpoint: rates.route.name) else { continue }
      policies.append(policy)
      subjects.append(subject)
      items.append(
        RateItem(
          policy: policy.hot, key: rates.keys.key(policy: policy.policy.name, subject)))
    }
    self.policies = policies
    self.subjects = subjects
    super.init(.charge, cost: rates.cost, items: items)
  }

  /// Told once what became of the request.
  open func settled(_ result: RateResult) {}

  public final override func ended(_ outcome: RateOutcome) {
    settled(limiter.result(of: self, outcome))
  }

  /// Gives the charge back: the request failed for a reason of our own. Does nothing for one that was
  /// not charged, or was given back already.
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
    .init(policy: policies[index].number, subject: subjects[index])
  }
}
