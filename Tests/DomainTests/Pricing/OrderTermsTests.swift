internal import Domain
internal import Testing

@Suite struct OrderTermsTests {
  private static let coupon = Identifier("01900000-0000-7000-8000-000000000001")!
  private static let campaign = Identifier("01900000-0000-7000-8000-000000000002")!

  @Test func `No terms are a dash`() {
    #expect(OrderTerms.none.description == "-")
    #expect(OrderTerms("-") == OrderTerms.none)
    #expect(OrderTerms(rounding: .halfEven) == OrderTerms.none)
  }

  @Test func `Terms have one text`() {
    let terms = OrderTerms(
      tax: TaxRule(basisPoints: 1_000, isIncluded: true),
      shipping: ShippingRule(fee: 3_000, freeFrom: 50_000, currency: .won),
      coupon: CouponTerms(
        coupon: Self.coupon, campaign: Self.campaign,
        discount: .rate(basisPoints: 1_000, maximum: 5_000, currency: "KRW"),
        minimumSubtotal: 10_000, lines: LineSet([0, 2])), rounding: .halfEven)
    let text =
      "T1000i;S3000:50000:KRW;Re;C\(Self.coupon):\(Self.campaign);Dr1000:5000:KRW;M10000;L5"
    #expect(terms.description == text)
    #expect(OrderTerms(text) == terms)
  }

  @Test func `The longest terms fit into the word`() {
    let amount = PricingBounds.amount.upperBound
    let terms = OrderTerms(
      tax: TaxRule(basisPoints: PricingBounds.taxBasisPoints.upperBound, isIncluded: true),
      shipping: ShippingRule(fee: amount, freeFrom: amount, currency: .dollar),
      coupon: CouponTerms(
        coupon: Self.coupon, campaign: Self.campaign,
        discount: .rate(
          basisPoints: PricingBounds.discountBasisPoints.upperBound, maximum: amount,
          currency: "POINT"),
        minimumSubtotal: amount, lines: LineSet(1..<LineSet.capacity)), rounding: .halfEven)
    #expect(OrderTermsWord.isValid(terms.description.utf8))
    #expect(OrderTerms(terms.description) == terms)
  }

  @Test func `A discount may be in points, shipping may not`() {
    let discounts: [Discount] = [
      .amount(500, currency: "POINT"), .rate(basisPoints: 1_000, maximum: 50, currency: "POINT"),
      .rate(basisPoints: 1_000, maximum: nil, currency: "POINT"),
    ]
    for discount in discounts {
      let terms = OrderTerms(
        coupon: CouponTerms(coupon: Self.coupon, campaign: Self.campaign, discount: discount))
      #expect(OrderTerms(terms.description) == terms, "\(terms)")
    }
    #expect(OrderTerms("S3000::KRW") != nil)
    #expect(OrderTerms("S3000::POINT") == nil)
  }

  @Test func `A coupon's rate is rounded as what it is taken off, where no tax is`() {
    let coupon = CouponTerms(
      coupon: Self.coupon, campaign: Self.campaign, discount: .rate(basisPoints: 5_000))
    let market = OrderTerms(tax: TaxRule(basisPoints: 1_000, isIncluded: true), rounding: .halfEven)
    #expect(market.with(coupon, for: .won, rounding: .halfUp).rounding == .halfEven)
    #expect(market.with(coupon, for: nil, rounding: .halfUp).rounding == .halfEven)
    #expect(market.with(coupon, for: .point, rounding: .halfUp).rounding == .halfUp)
    #expect(OrderTerms.none.with(coupon, for: .won, rounding: .halfEven).rounding == .halfEven)
    #expect(MarketBook.empty.rounding(of: .point) == .halfUp)
    #expect(MarketBook(roundings: [.point: .halfEven]).rounding(of: .point) == .halfEven)
  }

  @Test(arguments: [
    "", " -", "--", "T", "T1000j", "T-1", "T10001", "T01000;Rh", "S3000:50000", "S1::EUR",
    "S3000:50000:KRW;T1000;Rh", "Rh", "T1000;Rx", "T1000", "X1", "T1000;Rh;",
    "T1000;Rh;Dr1000::", "Rh;C01900000-0000-7000-8000-000000000001;Dr1000::",
    "Rh;C01900000-0000-7000-8000-000000000001:01900000-0000-7000-8000-000000000002",
    "Rh;C01900000-0000-7000-8000-000000000001:01900000-0000-7000-8000-000000000002;Dr0::",
    "Rh;C01900000-0000-7000-8000-000000000001:01900000-0000-7000-8000-000000000002;Da5:won",
    "Rh;C01900000-0000-7000-8000-000000000001:01900000-0000-7000-8000-000000000002;Dr1::;L0x1",
    "Rh;C01900000-0000-7000-8000-000000000001:01900000-0000-7000-8000-000000000002;Dr1::;L+1",
    "Rh;C01900000-0000-7000-8000-000000000001:01900000-0000-7000-8000-000000000002;Dr1::;Lffffffffffffffff",
  ])
  func `Anything else is no terms`(text: String) {
    #expect(OrderTerms(text) == nil)
  }

  @Test func `Rules of a tenant go before those of all`() throws {
    let market = Market("KR")!
    var book = MarketBook(roundings: [.dollar: .halfEven])
    let all = MarketRules(market: market, currency: .won, taxBasisPoints: 1_000, taxIncluded: true)
    let own = MarketRules(market: market, currency: .won, shippingFee: 2_500, returnDays: 7)
    let shop = TenantID("shop")!
    let added = [book.add(all, of: nil), book.add(own, of: shop), book.add(own, of: shop)]
    #expect(added == [true, true, false])
    #expect(book.rules(of: shop, in: market) == own)
    #expect(book.rules(of: TenantID("other")!, in: market) == all)
    #expect(book.rules(of: shop, in: Market("US")!) == nil)
    #expect(book.terms(of: shop, in: market).description == "S2500::KRW")
    #expect(book.terms(of: shop, in: Market("US")!) == .none)
    #expect(book.rounding(of: .dollar) == .halfEven && book.rounding(of: .won) == .halfUp)
    let paidAt = Instant(seconds: 1_000_000)
    #expect(own.returnable(paidAt: paidAt) == Instant(seconds: 1_000_000 + 7 * 86_400))
    #expect(all.returnable(paidAt: paidAt) == nil)
  }

  @Test func `who has rules anywhere says what customers may have back, who has none lets them`() {
    let (kr, us) = (Market("KR")!, Market("US")!)
    let (shop, outlet) = (TenantID("shop")!, TenantID("outlet")!)
    var book = MarketBook()
    #expect(book.selfServiceRefunds(of: shop, in: kr) == .amounts)
    var rules = MarketRules(market: kr, currency: .won)
    rules.selfServiceRefunds = .none
    let isOwn = book.add(rules, of: shop)
    #expect(book.selfServiceRefunds(of: shop, in: kr) == .none)
    #expect(book.selfServiceRefunds(of: shop, in: us) == .lines)
    #expect(book.selfServiceRefunds(of: outlet, in: kr) == .amounts)
    let isForAll = book.add(MarketRules(market: kr, currency: .won), of: nil)
    #expect(isOwn && isForAll)
    #expect(book.selfServiceRefunds(of: outlet, in: kr) == .lines)
    #expect(book.selfServiceRefunds(of: outlet, in: us) == .lines)
  }

  @Test func `a refund brings back pieces and coupon unless the market's rules say otherwise`() {
    let (kr, us) = (Market("KR")!, Market("US")!)
    let (shop, outlet) = (TenantID("shop")!, TenantID("outlet")!)
    var book = MarketBook()
    #expect(book.refundReturns(of: shop, in: kr) == .everything)
    let kept = RefundReturns(stock: false, coupon: false)
    let isOwn = book.add(MarketRules(market: kr, currency: .won, refundReturns: kept), of: shop)
    let isForAll = book.add(MarketRules(market: us, currency: .dollar), of: nil)
    #expect(isOwn && isForAll)
    #expect(book.refundReturns(of: shop, in: kr) == kept)
    #expect(book.refundReturns(of: shop, in: us) == .everything)
    #expect(book.refundReturns(of: outlet, in: kr) == .everything)
    #expect(book.rules(of: shop).map(\.market) == [kr, us])
    #expect(book.rules(of: outlet).map(\.market) == [us])
  }
}
