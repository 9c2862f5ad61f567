/// The rules of all markets of all tenants. Where it says nothing there is no tax, no fee for shipping
/// and no end of returns.
public struct MarketBook: Sendable, Equatable {
  /// No rules at all.
  public static let empty = MarketBook()

  private struct Key: Hashable {
    let tenant: TenantID?
    let market: Market
  }

  private var rules: [Key: MarketRules] = [:]
  /// Those who have rules of their own; nil where there are rules for every tenant.
  private var tenants: Set<TenantID?> = []
  /// How sums in a currency are rounded, where half up is not meant.
  public var roundings: [Currency: Rounding]

  /// - Parameter roundings: of currencies whose sums are not rounded half up.
  public init(roundings: [Currency: Rounding] = [:]) { self.roundings = roundings }

  /// Adds the rules of a market.
  ///
  /// - Parameter tenant: whose market; nil for that of every tenant that has no rules of its own for it.
  /// - Returns: false when there are some already.
  public mutating func add(_ rules: MarketRules, of tenant: TenantID?) -> Bool {
    let key = Key(tenant: tenant, market: rules.market)
    guard self.rules[key] == nil else { return false }
    self.rules[key] = rules
    tenants.insert(tenant)
    return true
  }

  /// The rules of a tenant's market; nil where there are none.
  public func rules(of tenant: TenantID, in market: Market) -> MarketRules? {
    rules[Key(tenant: tenant, market: market)] ?? rules[Key(tenant: nil, market: market)]
  }

  /// The rules of all markets of a tenant that have some, by market.
  public func rules(of tenant: TenantID) -> [MarketRules] {
    Set(rules.keys.map(\.market)).compactMap { rules(of: tenant, in: $0) }
      .sorted { $0.market.description < $1.market.description }
  }

  /// What customers of a tenant's market may have back without the shop's help.
  public func selfServiceRefunds(of tenant: TenantID, in market: Market) -> SelfServiceRefunds {
    if let rules = rules(of: tenant, in: market) { return rules.selfServiceRefunds }
    return tenants.isDisjoint(with: [tenant, nil]) ? .withoutRules : .usual
  }

  /// What a refund brings back in a tenant's market besides the money.
  public func refundReturns(of tenant: TenantID, in market: Market) -> RefundReturns {
    rules(of: tenant, in: market)?.refundReturns ?? .everything
  }

  /// How sums in `currency` are rounded.
  public func rounding(of currency: Currency) -> Rounding { roundings[currency] ?? .halfUp }

  /// The terms of an order without a coupon.
  public func terms(of tenant: TenantID, in market: Market) -> OrderTerms {
    rules(of: tenant, in: market)?.terms ?? .none
  }
}
