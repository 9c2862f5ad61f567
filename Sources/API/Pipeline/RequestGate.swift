public import Domain
public import Services

/// Who may come in: the parts of a loop that the pipeline asks about each request. Loop-confined.
public struct RequestGate {
  /// What the host of a request leads to.
  public enum HostFinding {
    case tenant(Tenant)
    case unknown
    /// The tenants could not be read yet.
    case unavailable
  }

  /// The tenant of a `Host` field's value.
  public let tenant: (UnsafeRawBufferPointer) -> HostFinding
  /// Whoever an access token, given without its scheme, stands for in a tenant; nil where it is not
  /// valid there.
  public let principal: (UnsafeRawBufferPointer, Tenant) -> Principal?
  /// The rate policies, if there are any.
  public let rates: RateLimiter?
  /// What remembers requests with an idempotency key; without it each is run as it comes.
  public let idempotency: IdempotencyService?

  public init(
    tenant: @escaping (UnsafeRawBufferPointer) -> HostFinding,
    principal: @escaping (UnsafeRawBufferPointer, Tenant) -> Principal?,
    rates: RateLimiter? = nil, idempotency: IdempotencyService? = nil
  ) {
    self.idempotency = idempotency
    self.rates = rates
    self.tenant = tenant
    self.principal = principal
  }
}
