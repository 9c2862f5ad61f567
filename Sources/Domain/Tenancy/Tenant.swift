/// An app that sells through Spillway.
public struct Tenant: Sendable, Hashable {
  public let id: TenantID
  public let name: String
  /// The market of who names none: two capital letters, as ISO 3166-1 has them.
  public let defaultMarket: String

  public init(id: TenantID, name: String, defaultMarket: String) {
    self.id = id
    self.name = name
    self.defaultMarket = defaultMarket
  }
}
