/// An app that sells through Spillway.
public struct Tenant: Sendable, Hashable {
  public let id: TenantID
  public let name: String
  /// The market of who names none: two capital letters, as ISO 3166-1 has them.
  public let defaultMarket: String
  /// What the keys of its orders are salted with, see ``RequestDigest/salted(with:)``: the ledger makes it, once,
  /// and nobody else is told.
  public let keySalt: Identifier

  /// - Parameter keySalt: of a tenant that the ledger has.
  public init(
    id: TenantID, name: String, defaultMarket: String,
    keySalt: Identifier = Identifier(high: 0, low: 0)
  ) {
    self.id = id
    self.name = name
    self.defaultMarket = defaultMarket
    self.keySalt = keySalt
  }
}

extension Tenant: CustomStringConvertible {
  /// The id, and nothing that must not be told.
  public var description: String { id.description }
}
