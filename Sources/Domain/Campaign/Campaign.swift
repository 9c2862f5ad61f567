/// A campaign of first-come coupons as an operator defined it.
public struct Campaign: Sendable, Equatable {
  public let id: Identifier
  public let tenant: TenantID
  /// The cell that decides its claims.
  public let cell: CellName
  public var name: String
  public var terms: CampaignTerms
  public var discount: Discount
  public var eligibility: Eligibility
  public var acknowledgement: Acknowledgement
  /// When an issued coupon can no longer be used; `nil` for never.
  public var expiresAt: Instant?
  /// The waiting room that claimers come through, if there is one.
  public var room: Identifier?
  /// Counts the changes; a cell takes a version once.
  public var version: Int
  /// When it was taken back, with every coupon that was not used; it has closed then.
  public let recalledAt: Instant?

  public init(
    id: Identifier, tenant: TenantID, cell: CellName, name: String, terms: CampaignTerms,
    discount: Discount, eligibility: Eligibility, acknowledgement: Acknowledgement,
    expiresAt: Instant?, room: Identifier? = nil, version: Int, recalledAt: Instant? = nil
  ) {
    self.id = id
    self.tenant = tenant
    self.cell = cell
    self.name = name
    self.terms = terms
    self.discount = discount
    self.eligibility = eligibility
    self.acknowledgement = acknowledgement
    self.expiresAt = expiresAt
    self.room = room
    self.version = version
    self.recalledAt = recalledAt
  }

  /// From this instant on no coupons are issued: the campaign has closed, or whatever it issued would have
  /// expired. It is what its cell knows as its closing.
  public var issuesUntil: Instant { min(terms.closesAt, expiresAt ?? terms.closesAt) }
}

/// When a client is told that its claim was accepted.
public enum Acknowledgement: String, Sendable, CaseIterable {
  /// Once Redis has the fact under its configured fsync.
  case hot
  /// Once Postgres has committed it.
  case ledger
}

/// How often a campaign or a sale may be asked: GCRA with `limit` requests in `windowMilliseconds`, of which
/// `burst` may come at once.
public struct RatePolicy: Sendable, Equatable {
  /// Whose requests are counted together.
  public enum Scope: String, Sendable, CaseIterable {
    case user
    /// All requests for a campaign.
    case campaign
    /// All requests for a sale.
    case sale
  }

  public let limit: Int
  public let windowMilliseconds: Int
  public let burst: Int
  public let scope: Scope

  public init(limit: Int, windowMilliseconds: Int, burst: Int, scope: Scope) {
    self.limit = limit
    self.windowMilliseconds = windowMilliseconds
    self.burst = burst
    self.scope = scope
  }
}

/// What a coupon takes off a price.
public enum Discount: Sendable, Hashable {
  /// A share of the price in basis points (1 = 0.01 %), at most `maximum` minor units of `currency`.
  case rate(basisPoints: Int, maximum: Int? = nil, currency: String? = nil)
  /// A fixed sum in minor units of `currency`.
  case amount(Int, currency: String)
}

/// Which orders a coupon applies to and which users may claim it. Empty lists allow all.
public struct Eligibility: Sendable, Equatable {
  public var products: [String]
  public var categories: [String]
  public var markets: [String]
  /// Minor units.
  public var minimumSubtotal: Int?

  public init(
    products: [String] = [], categories: [String] = [], markets: [String] = [],
    minimumSubtotal: Int? = nil
  ) {
    self.products = products
    self.categories = categories
    self.markets = markets
    self.minimumSubtotal = minimumSubtotal
  }

  /// Whether somebody of `market` may claim. Products and sums are looked at when the coupon is used.
  public func admits(market: String) -> Bool {
    markets.isEmpty || markets.contains(market)
  }
}
