import Domain
import Testing

/// How far a seller may go with a campaign.
@Suite struct SellerBoundsTests {
  private static let opening = Instant(seconds: 1_760_000_000)
  private static let bounds = SellerBounds(
    quantity: 100, days: 10, couponDays: 20, basisPoints: 2_000, amount: 5_000)
  private static let korea = Market("KR")!

  private func rules(
    _ bounds: SellerBounds = bounds, _ market: String = "KR", _ currency: Currency = .won
  ) -> MarketRules {
    MarketRules(market: Market(market)!, currency: currency, sellers: bounds)
  }

  /// A campaign that is just within the bounds.
  private func campaign(
    quantity: Int = 100, opens: Instant = opening, days: Int = 10, couponDays: Int? = 20,
    discount: Discount = .amount(5_000, currency: "KRW"), markets: [String] = []
  ) -> Campaign {
    Campaign(
      id: Identifier(high: 1, low: 2), tenant: TenantID("shop")!, cell: CellName("shop.kr")!,
      name: "Autumn",
      terms: CampaignTerms(
        quantity: quantity, perUserLimit: 1, opensAt: opens,
        closesAt: Self.opening + .seconds(days * 86_400)),
      discount: discount, eligibility: Eligibility(markets: markets), acknowledgement: .hot,
      expiresAt: couponDays.map { Self.opening + .seconds($0 * 86_400) }, version: 1)
  }

  private func excess(
    _ campaign: Campaign, from known: Campaign? = nil, in rules: MarketRules? = nil
  ) -> SellerExcess? {
    do throws(SellerExcess) {
      try (rules ?? self.rules()).checkSeller(campaign, changedFrom: known)
      return nil
    } catch {
      return error
    }
  }

  @Test func `what is within the bounds passes, and each part beyond them is told`() {
    let kr = Self.korea
    #expect(excess(campaign()) == nil)
    #expect(excess(campaign(discount: .rate(basisPoints: 2_000))) == nil)
    #expect(excess(campaign(quantity: 101)) == .quantity(100, kr))
    #expect(excess(campaign(days: 11)) == .days(10, kr))
    #expect(excess(campaign(opens: Self.opening - .seconds(1))) == .days(10, kr))
    #expect(excess(campaign(couponDays: 21)) == .couponDays(20, kr))
    #expect(excess(campaign(couponDays: nil)) == .couponDays(20, kr))
    #expect(
      excess(campaign(discount: .rate(basisPoints: 2_001))) == .basisPoints(2_000, kr))
    #expect(
      excess(campaign(discount: .amount(5_001, currency: "KRW")))
        == .amount(Money(amount: 5_000, currency: .won), kr))
  }

  @Test func `without bounds everything passes, and with none of a discount nothing of it`() {
    let huge = campaign(quantity: 1_000_000, days: 900, couponDays: nil)
    #expect(excess(huge, in: rules(.none)) == nil)
    let none = rules(SellerBounds(basisPoints: 0, amount: 0))
    #expect(excess(campaign(discount: .rate(basisPoints: 1)), in: none) != nil)
    #expect(excess(campaign(discount: .amount(1, currency: "KRW")), in: none) != nil)
  }

  @Test func `only markets count that the coupons are good in, and sums in their currency`() {
    let many = campaign(quantity: 101, markets: ["US"])
    #expect(excess(many) == nil)
    #expect(excess(many, in: rules(Self.bounds, "US", .dollar)) == .quantity(100, Market("US")!))
    let dollars = campaign(discount: .amount(9_000, currency: "USD"))
    #expect(excess(dollars) == nil)
    #expect(excess(dollars, in: rules(Self.bounds, "US", .dollar)) != nil)
    #expect(
      excess(campaign(discount: .rate(basisPoints: 9_000, maximum: 1, currency: "USD"))) == nil)
  }

  @Test func `rates on points are bound as rates on money, and amounts of points by none`() {
    let kr = Self.korea
    let bound = campaign(discount: .amount(1, currency: "POINT"))
    #expect(excess(bound) == .amount(Money(amount: 0, currency: .point), kr))
    #expect(excess(bound, in: rules(SellerBounds(basisPoints: 1))) == nil)
    #expect(
      excess(campaign(discount: .rate(basisPoints: 2_001, maximum: 1, currency: "POINT")))
        == .basisPoints(2_000, kr))
    #expect(excess(campaign(discount: .rate(basisPoints: 2_000, currency: "POINT"))) == nil)
  }

  @Test func `a change is bound in what it changes, and in markets that come to the campaign`() {
    let beyond = campaign(
      quantity: 500, days: 30, couponDays: nil, discount: .rate(basisPoints: 9_000))
    var renamed = beyond
    renamed.name = "Winter"
    #expect(excess(renamed, from: beyond) == nil)
    var raised = renamed
    raised.terms.quantity = 501
    #expect(excess(raised, from: beyond) == .quantity(100, Self.korea))
    var earlier = renamed
    earlier.terms.opensAt = Self.opening - .seconds(1)
    #expect(excess(earlier, from: beyond) == .days(10, Self.korea))
    var longer = renamed
    longer.expiresAt = Self.opening + .seconds(21 * 86_400)
    #expect(excess(longer, from: beyond) == .couponDays(20, Self.korea))
    var richer = renamed
    richer.discount = .rate(basisPoints: 8_000)
    #expect(excess(richer, from: beyond) == .basisPoints(2_000, Self.korea))
    var abroad = beyond
    abroad.eligibility = Eligibility(markets: ["US"])
    #expect(excess(beyond, from: abroad) == .quantity(100, Self.korea))
    #expect(excess(abroad, from: beyond) == nil)
  }
}
