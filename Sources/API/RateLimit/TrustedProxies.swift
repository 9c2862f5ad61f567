public import Domain

/// Whose word for the client's address is taken, and in which field they give it.
public struct TrustedProxies: Sendable, Equatable {
  /// Networks of proxies that append to the field and pass nothing on unseen. None: the client is
  /// whoever connects.
  public var networks: [IPNetwork]
  /// One field only: a proxy leaves the other as the client wrote it.
  public var field: ForwardedEntry.Field

  public init(networks: [IPNetwork] = [], field: ForwardedEntry.Field = .forwardedFor) {
    self.networks = networks
    self.field = field
  }
}
