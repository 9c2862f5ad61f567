public import Domain

/// The names of the keys that count a tenant's requests under its rate policies. All carry the tenant
/// in their hash tag, so that one call can decide several policies together.
public struct RateKeys: Sendable {
  private let prefix: String

  public init(_ tenant: TenantID) { prefix = "spillway:{rate.\(tenant)}:" }

  /// How the keys of a policy begin, for one route or for all.
  public func prefix(policy: String, endpoint: String = "") -> [UInt8] {
    Array("\(prefix)\(policy)\(endpoint.isEmpty ? "" : ":e=\(endpoint)")".utf8)
  }

  /// The key of what `subject` names under `policy`; of the tenant as a whole when it names nothing.
  public func key(policy: String, _ subject: RateSubject) -> [UInt8] {
    Self.key(prefix(policy: policy, endpoint: subject.endpoint), subject)
  }

  /// The key of `subject` behind a prefix that was made for its route.
  public static func key(_ prefix: [UInt8], _ subject: RateSubject) -> [UInt8] {
    if subject.apiKey.isEmpty, subject.address == nil, subject.user.isEmpty { return prefix }
    var key: [UInt8] = []
    key.reserveCapacity(prefix.count + 9 + subject.apiKey.utf8.count + 40 + subject.user.utf8.count)
    key += prefix
    if !subject.apiKey.isEmpty {
      key += ":k=".utf8
      key += subject.apiKey.utf8
    }
    if let address = subject.address {
      key += ":i=".utf8
      address.append(to: &key)
    }
    // Last: it is the only part that may hold any visible character.
    if !subject.user.isEmpty {
      key += ":u=".utf8
      key += subject.user.utf8
    }
    return key
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
