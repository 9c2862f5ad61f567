public import Domain
public import HotPath

/// What response fields say of a policy whatever the request: made once for each policy.
public final class RateFields: Sendable {
  /// The policy's name in quotes, as an item of the `RateLimit` field begins.
  public let name: [UInt8]
  /// An item of `RateLimit-Policy`: `"name";q=100;w=60`.
  public let policy: [UInt8]
  public let limit: Int

  /// - Parameter name: visible ASCII without quotes and backslashes.
  public init(name: String, limit: Int, windowSeconds: Int) {
    self.name = Array("\"\(name)\"".utf8)
    policy = Array("\"\(name)\";q=\(limit);w=\(windowSeconds)".utf8)
    self.limit = limit
  }

  /// Those of the policy of a campaign or a sale.
  public convenience init(_ policy: RatePolicy) {
    self.init(
      name: policy.scope.rawValue, limit: policy.limit,
      windowSeconds: (policy.windowMilliseconds + 999) / 1000)
  }
}

/// What response fields say of one policy after a request.
public struct RateLine: Sendable {
  public let fields: RateFields
  /// Units that would be let through at once.
  public let remaining: Int
  /// Until the full burst is there again, rounded up.
  public let resetSeconds: Int

  public init(_ fields: RateFields, remaining: Int, resetSeconds: Int) {
    self.fields = fields
    self.remaining = remaining
    self.resetSeconds = resetSeconds
  }

  /// That of a key of `lead` under `quota`.
  init(_ fields: RateFields, _ quota: RateQuota, lead: Int) {
    self.init(
      fields, remaining: quota.remaining(lead),
      resetSeconds: (quota.resetMicroseconds(lead) + 999_999) / 1_000_000)
  }

  /// That of the policy of a campaign or a sale.
  public init(_ fields: RateFields, _ allowance: RateAllowance) {
    self.init(
      fields, remaining: allowance.remaining,
      resetSeconds: (allowance.resetMilliseconds + 999) / 1000)
  }
}
