internal import Domain
internal import Testing

@Suite struct CouponRulesTests {
  private static let now = Instant("2026-11-21T00:00:00Z")!
  private static let shoe = Identifier(high: 1, low: 1)
  private static let sock = Identifier(high: 1, low: 2)
  private static let market = Market("KR")!

  private func campaign(
    _ eligibility: Eligibility = Eligibility(), _ discount: Discount = .rate(basisPoints: 1_000),
    expiresAt: Instant? = nil
  ) -> Campaign {
    Campaign(
      id: Identifier(high: 2, low: 2), tenant: TenantID("shop")!, cell: CellName("shop.kr")!,
      name: "Autumn",
      terms: CampaignTerms(
        quantity: 1, perUserLimit: 1, opensAt: Self.now, closesAt: Self.now + .seconds(1)),
      discount: discount, eligibility: eligibility, acknowledgement: .hot, expiresAt: expiresAt,
      version: 1)
  }

  private func goods(
    _ product: Identifier = shoe, _ categories: [String] = [], price: Int? = 10_000
  ) -> CouponGoods {
    CouponGoods(
      product: product, categories: Set(categories.map { CategorySlug($0)! }),
      price: price.map { Money(amount: $0, currency: .won) }, quantity: 1)
  }

  private func result(
    _ campaign: Campaign, _ goods: [CouponGoods?], status: CouponStatus = .issued
  ) -> Result<CouponTerms, CouponRefusal> {
    let coupon = HeldCoupon(
      id: Identifier(high: 3, low: 3), campaign: campaign.id, issuedAt: Self.now, status: status)
    return Result { () throws(CouponRefusal) in
      try CouponRules.terms(
        of: coupon, from: campaign, for: goods, in: Self.market, at: Self.now)
    }
  }

  @Test func `a coupon without rules is for all lines`() throws {
    let terms = try result(campaign(), [goods(), goods(Self.sock), nil].dropLast()).get()
    #expect(terms.lines == .all)
    #expect(terms.minimumSubtotal == nil)
  }

  @Test func `products and categories choose the lines, either of them`() throws {
    let eligibility = Eligibility(
      products: [Self.shoe.description], categories: ["warm"])
    let lines = [goods(), goods(Self.sock), nil, goods(Self.sock, ["socks", "warm"])]
    #expect(try result(campaign(eligibility), lines).get().lines == LineSet([0, 3]))
    #expect(result(campaign(eligibility), [goods(Self.sock, ["cold"])]) == .failure(.goods))
    #expect(result(campaign(), [nil]) == .failure(.goods))
  }

  @Test func `what became of a coupon comes first`() {
    let narrow = Eligibility(markets: ["US"])
    #expect(result(campaign(narrow), [goods()], status: .used) == .failure(.used))
    #expect(result(campaign(narrow), [goods()], status: .recalled) == .failure(.recalled))
    #expect(
      result(campaign(narrow, expiresAt: Self.now), [goods()]) == .failure(.expired(Self.now)))
    #expect(
      result(campaign(narrow, expiresAt: Self.now + .seconds(1)), [goods()])
        == .failure(.market(["US"])))
  }

  @Test func `a minimum and a currency are looked at where all prices are known`() {
    let minimum = campaign(Eligibility(minimumSubtotal: 20_001))
    #expect(
      result(minimum, [goods(), goods()])
        == .failure(.minimum(Money(amount: 20_001, currency: .won))))
    #expect((try? result(minimum, [goods(), goods(), goods()]).get())?.minimumSubtotal == 20_001)
    #expect((try? result(minimum, [goods(), goods(price: nil)]).get()) != nil)
    let dollars = campaign(Eligibility(), .amount(500, currency: "USD"))
    #expect(result(dollars, [goods()]) == .failure(.currency("USD")))
    #expect((try? result(dollars, [goods(price: nil)]).get()) != nil)
  }

  @Test(arguments: [
    CouponRefusal.used, .recalled, .expired(now), .market(["US", "JP"]), .goods, .currency("USD"),
    .currency("POINT"), .minimum(Money(amount: 50_000, currency: .won)),
  ])
  func `each refusal is explained in each language`(refusal: CouponRefusal) {
    let english = refusal.explanation(in: .english)
    let korean = refusal.explanation(in: .korean, offset: 540)
    #expect(english.hasPrefix("This coupon") && english.hasSuffix("."))
    #expect(korean.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) })
    #expect(korean.hasSuffix("."))
    switch refusal {
    case .minimum:
      #expect(english.contains("₩50,000") && korean.contains("50,000원"))
      #expect(refusal.code == .notEligible)
    case .expired:
      #expect(english.contains("November 21, 2026, 00:00 (UTC)"))
      #expect(korean.contains("2026년 11월 21일 09:00 (UTC+9)"))
      #expect(refusal.code == .expired)
    case .currency("POINT"):
      #expect(english == "This coupon is for prices in points." && korean.hasPrefix("포인트 가격"))
    case .used: #expect(refusal.code == .conflict)
    default: break
    }
  }
}
