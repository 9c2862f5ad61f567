public import Domain
public import HotPath

/// What operators ask of single keys.
extension RateLimiter {
  /// Why an operator's wish was not met.
  public enum Refusal: Error, Sendable, Equatable {
    /// The tenant has no policy of that name.
    case unknownPolicy
    /// Redis could not be asked.
    case unavailable
  }

  /// The policy of that name as it applies to a tenant; `nil` where the tenant has none.
  public func terms(of name: String, for tenant: TenantID) -> RateLimitPolicy? {
    policy(name, of: tenant)?.policy.policy
  }

  /// Where a subject stands under a policy, without charging anything.
  public func peek(
    _ subject: RateSubject, policy name: String, of tenant: TenantID
  ) async throws(Refusal) -> RateLine {
    let (quota, standing) = try await ask(.peek, cost: 1, subject, name, tenant)
    let fields = RateFields(name: name, limit: quota.limit, windowSeconds: quota.windowSeconds)
    return RateLine(fields, quota, lead: standing.lead)
  }

  /// Gives `cost` units back to a subject, at most up to the full burst.
  ///
  /// - Returns: where it stands then. Other nodes may refuse it for another two seconds.
  @discardableResult
  public func refund(
    _ subject: RateSubject, policy name: String, of tenant: TenantID, cost: Int = 1
  ) async throws(Refusal) -> RateLine {
    let (quota, standing) = try await ask(.refund, cost: cost, subject, name, tenant)
    if let policy = policy(name, of: tenant)?.policy {
      denied.forget(.init(policy: policy.number, subject: subject))
    }
    let fields = RateFields(name: name, limit: quota.limit, windowSeconds: quota.windowSeconds)
    return RateLine(fields, quota, lead: standing.lead)
  }

  private func ask(
    _ action: RateRules.Action, cost: Int, _ subject: RateSubject, _ name: String,
    _ tenant: TenantID
  ) async throws(Refusal) -> (RateQuota, RateStanding) {
    guard let (policy, path, keys) = policy(name, of: tenant) else { throw .unknownPolicy }
    let item = RateItem(policy: policy.hot, key: keys.key(policy: name, subject))
    let outcome = await withCheckedContinuation { continuation in
      path.submit(AwaitedRate(action, cost: cost, item: item, continuation))
    }
    guard case .decided(let verdict)? = outcome else { throw .unavailable }
    return (policy.policy.quota, verdict.standings[0])
  }

  /// What an API key is counted under: it is a secret, which does not belong into Redis. 128 bits.
  public static func digest(ofAPIKey key: UnsafeRawBufferPointer) -> String {
    IdempotencyDigest.hexadecimal(key)
  }
}

/// One question about one key, and who waits for its answer.
private final class AwaitedRate: RateOperation {
  private var continuation: CheckedContinuation<RateOutcome?, Never>?

  init(
    _ action: RateRules.Action, cost: Int, item: RateItem,
    _ continuation: CheckedContinuation<RateOutcome?, Never>
  ) {
    self.continuation = continuation
    super.init(action, cost: cost, items: [item])
  }

  override func ended(_ outcome: RateOutcome) {
    continuation?.resume(returning: outcome)
    continuation = nil
  }
}
