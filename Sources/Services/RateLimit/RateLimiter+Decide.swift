internal import Domain
internal import HotPath

/// What became of a request under its policies.
public enum RateResult {
  /// It may go on. What response fields say is empty while Redis cannot be asked.
  case allowed([RateLine])
  case refused(RateRefusal)
  /// Redis cannot be asked, and a policy wants no request to pass then.
  case unavailable
}

/// A refusal, and what to tell with it.
public struct RateRefusal {
  /// Whole seconds until another try makes sense, at least one.
  public let retryAfterSeconds: Int
  /// The policy that has to be waited for longest, alone: who refuses from memory does not know what the
  /// others count by now, nor, before the token was looked at, which of them there are.
  public let line: RateLine

  /// - Parameter wait: microseconds.
  fileprivate init(_ policy: AppliedPolicy, lead: Int, wait: Int) {
    retryAfterSeconds = max(1, (wait + 999_999) / 1_000_000)
    line = RateLine(policy.fields, policy.policy.quota, lead: lead)
  }
}

extension RateLimiter {
  /// When in a request's course its policies are looked at.
  public enum Stage {
    /// Before anybody has looked at the token.
    case beforeToken
    /// When the user is known, if there is one.
    case afterToken
  }

  /// The refusal of a request that is known without asking Redis; nil when it has to be asked.
  ///
  /// - Parameter now: nanoseconds of `EventLoop.nanoseconds()`'s clock.
  public func knownRefusal(
    _ rates: RouteRates, _ caller: RateCaller, at stage: Stage, now: UInt64
  ) -> RateRefusal? {
    var longest: (policy: AppliedPolicy, lead: Int, wait: Int)?
    for policy in stage == .beforeToken ? rates.early : rates.late {
      guard let subject = policy.subject(of: caller, endpoint: rates.route.name) else { continue }
      let quota = policy.policy.quota
      let lead = denied.refusal(
        of: .init(policy: policy.number, subject: subject), quota: quota, cost: rates.cost,
        now: Int(now / 1000))
      guard let lead else { continue }
      let wait = quota.waitMicroseconds(lead, cost: rates.cost)
      if wait > longest?.wait ?? 0 { longest = (policy, lead, wait) }
    }
    guard let (policy, lead, wait) = longest else { return nil }
    policy.counters.denied.add()
    policy.counters.cacheHits.add()
    return RateRefusal(policy, lead: lead, wait: wait)
  }

  /// Has Redis decide; `charge` is told later, or at once if there is nothing to ask.
  public func decide(_ charge: RateCharge) {
    if charge.items.isEmpty {
      charge.settled(.allowed([]))
    } else {
      charge.rates.path.submit(charge)
    }
  }

  /// Counts and remembers what was decided.
  func result(of charge: RateCharge, _ outcome: RateOutcome) -> RateResult {
    switch outcome {
    case .decided(let verdict):
      charge.verdict = verdict
      return verdict.isAllowed ? allowed(charge, verdict) : refused(charge, verdict)
    case .unavailable(.abandoned): return .unavailable
    case .unavailable(let reason):
      let isOpen = !charge.policies.contains {
        !$0.policy.isShadow && $0.policy.onFailure == .closed
      }
      countUnanswered(isOpen: isOpen)
      log.unanswered(reason, isOpen: isOpen, now: loop.milliseconds)
      return isOpen ? .allowed([]) : .unavailable
    }
  }

  private func allowed(_ charge: RateCharge, _ verdict: RateVerdict) -> RateResult {
    var lines: [RateLine] = []
    lines.reserveCapacity(charge.policies.count)
    for (policy, standing) in zip(charge.policies, verdict.standings) {
      if policy.policy.isShadow {
        countShadow(policy, standing, charge)
      } else {
        policy.counters.allowed.add()
        lines.append(RateLine(policy.fields, policy.policy.quota, lead: standing.lead))
      }
    }
    return .allowed(lines)
  }

  private func refused(_ charge: RateCharge, _ verdict: RateVerdict) -> RateResult {
    var longest: (policy: AppliedPolicy, lead: Int, wait: Int)?
    for (index, policy) in charge.policies.enumerated() {
      let (standing, quota) = (verdict.standings[index], policy.policy.quota)
      if policy.policy.isShadow {
        countShadow(policy, standing, charge)
        continue
      }
      if standing.conforms { continue }
      policy.counters.denied.add()
      let wait = quota.waitMicroseconds(standing.lead, cost: charge.cost)
      if wait > longest?.wait ?? 0 { longest = (policy, standing.lead, wait) }
      denied.remember(
        charge.denyKey(index), quota: quota, cost: charge.cost, lead: standing.lead,
        sentAt: verdict.sentAt)
    }
    // A reply that refuses for no policy's sake is none.
    guard let (policy, lead, wait) = longest else { return .unavailable }
    return .refused(RateRefusal(policy, lead: lead, wait: wait))
  }

  private func countShadow(
    _ policy: AppliedPolicy, _ standing: RateStanding, _ charge: RateCharge
  ) {
    if standing.conforms {
      policy.counters.allowed.add()
    } else {
      policy.counters.shadowDenied.add()
      log.shadow(policy.policy.name, route: charge.rates.route.name, now: loop.milliseconds)
    }
  }
}
