public import Domain

/// The names of the keys that count a tenant's requests under its rate policies. All carry the tenant
/// in their hash tag, so that one call can decide several policies together.
public struct RateKeys: Sendable {
  private let prefix: String

  public init(_ tenant: TenantID) { prefix = "spillway:{rate.\(tenant)}:" }

  /// The key of what `subject` names under `policy`; of the tenant as a whole when it names nothing.
  public func key(policy: String, _ subject: RateSubject) -> [UInt8] {
    var text = prefix
    text += policy
    if !subject.endpoint.isEmpty { text += ":e=\(subject.endpoint)" }
    if !subject.apiKey.isEmpty { text += ":k=\(subject.apiKey)" }
    if let address = subject.address { text += ":i=\(address)" }
    // Last: it is the only part that may hold any visible character.
    if !subject.user.isEmpty { text += ":u=\(subject.user)" }
    return Array(text.utf8)
  }
}

/// Whose requests are counted together under one policy. What the policy does not tell apart is empty.
public struct RateSubject: Sendable, Hashable {
  /// The name of a route.
  public var endpoint: String
  /// A digest: the key itself is a secret, and stands nowhere.
  public var apiKey: String
  /// An address, or the network that it was cut down to.
  public var address: IPAddress?
  public var user: String

  public init(
    endpoint: String = "", apiKey: String = "", address: IPAddress? = nil, user: String = ""
  ) {
    self.endpoint = endpoint
    self.apiKey = apiKey
    self.address = address
    self.user = user
  }

  /// Only what the policy tells apart: most subjects are one thing alone.
  public func hash(into hasher: inout Hasher) {
    if let address { hasher.combine(address) }
    if !user.isEmpty { hasher.combine(user) }
    if !apiKey.isEmpty { hasher.combine(apiKey) }
    if !endpoint.isEmpty { hasher.combine(endpoint) }
  }
}
