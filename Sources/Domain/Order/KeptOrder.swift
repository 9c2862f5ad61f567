/// What a cell keeps of an order: what it has reserved, and the answer to its idempotency key.
public struct KeptOrder: Sendable, Equatable {
  public let id: Identifier
  /// Of the idempotency key that it was placed with; nil for one that has lost it.
  public let key: OrderKey?
  /// Names the request that the key came with; nil for an order without one.
  public let fingerprint: RequestDigest?
  public let scope: StockScope
  public let user: String
  /// See ``OrderTermsWord``.
  public let terms: String
  public let reservedAt: Instant
  public let deadline: Instant
  public let currency: Currency
  public let lines: [OrderLine]

  public init(
    id: Identifier, key: OrderKey?, fingerprint: RequestDigest?, scope: StockScope, user: String,
    terms: String, reservedAt: Instant, deadline: Instant, currency: Currency, lines: [OrderLine]
  ) {
    self.id = id
    self.key = key
    self.fingerprint = fingerprint
    self.scope = scope
    self.user = user
    self.terms = terms
    self.reservedAt = reservedAt
    self.deadline = deadline
    self.currency = currency
    self.lines = lines
  }
}
