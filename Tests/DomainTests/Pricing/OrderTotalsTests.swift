internal import Domain
internal import TestSupport
internal import Testing

@Suite struct OrderTotalsTests {
  private static let coupon = Identifier(high: 0x0190_0000_0000_7000, low: 1 << 63 | 1)
  private static let campaign = Identifier(high: 0x0190_0000_0000_7000, low: 1 << 63 | 2)

  private func terms(
    _ discount: Discount, minimum: Int? = nil, lines: LineSet = .all, tax: TaxRule? = nil,
    shipping: ShippingRule? = nil, rounding: Rounding = .halfUp
  ) -> OrderTerms {
    OrderTerms(
      tax: tax, shipping: shipping,
      coupon: CouponTerms(
        coupon: Self.coupon, campaign: Self.campaign, discount: discount, minimumSubtotal: minimum,
        lines: lines), rounding: rounding)
  }

  private func computed(_ lines: [(Int, Int)], _ terms: OrderTerms) -> OrderTotals? {
    OrderTotals(
      lines.map { PricedLine(quantity: $0.0, unitPrice: $0.1) }, currency: .won, terms: terms)
  }

  @Test func `Without terms the total is the subtotal`() throws {
    let totals = try #require(computed([(2, 99_000), (1, 109_000)], .none))
    #expect(totals.subtotal == 307_000)
    #expect(totals.total == 307_000)
    #expect(totals.discount == 0 && totals.tax == 0 && totals.shipping == 0)
  }

  @Test func `A rate is taken off up to its cap`() throws {
    let rate = Discount.rate(basisPoints: 1_000, maximum: 5_000)
    #expect(computed([(1, 30_000)], terms(rate))?.discount == 3_000)
    #expect(computed([(1, 99_000)], terms(rate))?.discount == 5_000)
  }

  @Test func `An amount never takes more than there is, and a total may be nothing`() throws {
    let totals = try #require(computed([(1, 3_000)], terms(.amount(5_000, currency: "KRW"))))
    #expect(totals.discount == 3_000)
    #expect(totals.total == 0)
  }

  @Test func `A coupon is for its lines only`() {
    let half = terms(.rate(basisPoints: 5_000), lines: LineSet([1]))
    #expect(computed([(1, 10_000), (2, 1_000)], half)?.discount == 1_000)
    let nothing = terms(.amount(500, currency: "KRW"), lines: LineSet([]))
    #expect(computed([(1, 10_000)], nothing)?.discount == 0)
  }

  @Test func `Below its minimum and in another currency a coupon takes nothing`() {
    let coupon = terms(.amount(500, currency: "KRW"), minimum: 10_000)
    #expect(computed([(1, 9_999)], coupon)?.discount == 0)
    #expect(computed([(1, 10_000)], coupon)?.discount == 500)
    #expect(computed([(1, 10_000)], terms(.amount(500, currency: "USD")))?.discount == 0)
  }

  @Test
  func `Tax comes on top of what is left after the discount, or is told where prices have it`() {
    let tax = TaxRule(basisPoints: 1_000, isIncluded: false)
    let onTop = computed([(1, 11_000)], terms(.amount(1_000, currency: "KRW"), tax: tax))
    #expect(onTop?.tax == 1_000)
    #expect(onTop?.total == 11_000)
    let included = TaxRule(basisPoints: 1_000, isIncluded: true)
    let inside = computed([(1, 11_000)], OrderTerms(tax: included))
    #expect(inside?.tax == 0)
    #expect(inside?.includedTax == 1_000)
    #expect(inside?.total == 11_000)
  }

  @Test func `Shipping is free from its sum on, counted after the discount`() {
    let shipping = ShippingRule(fee: 3_000, freeFrom: 50_000, currency: .won)
    #expect(computed([(1, 49_999)], OrderTerms(shipping: shipping))?.shipping == 3_000)
    #expect(computed([(1, 50_000)], OrderTerms(shipping: shipping))?.shipping == 0)
    let coupon = terms(.amount(1, currency: "KRW"), shipping: shipping)
    #expect(computed([(1, 50_000)], coupon)?.total == 52_999)
    let dollars = ShippingRule(fee: 500, freeFrom: nil, currency: .dollar)
    #expect(computed([(1, 1)], OrderTerms(shipping: dollars))?.shipping == 0)
  }

  @Test(arguments: [true, false])
  func `What costs points bears no tax and no shipping, and no coupon of money`(
    isIncluded: Bool
  ) throws {
    let tax = TaxRule(basisPoints: 1_000, isIncluded: isIncluded)
    let shipping = ShippingRule(fee: 3_000, freeFrom: 50_000, currency: .won)
    func computed(_ terms: OrderTerms) throws -> OrderTotals {
      let lines = [PricedLine(quantity: 2, unitPrice: 300), PricedLine(quantity: 1, unitPrice: 5)]
      let totals = try #require(OrderTotals(lines, currency: .point, terms: terms))
      #expect(totals.tax == 0 && totals.includedTax == 0 && totals.shipping == 0)
      #expect(totals.subtotal == 605)
      let shares = try #require(OrderShares(totals, of: lines, terms: terms))
      #expect(shares.paid.reduce(0, +) == totals.total)
      return totals
    }
    func discounted(_ discount: Discount) throws -> Int {
      try computed(terms(discount, tax: tax, shipping: shipping)).discount
    }
    #expect(try computed(OrderTerms(tax: tax, shipping: shipping)).total == 605)
    #expect(try discounted(.amount(100, currency: "KRW")) == 0)
    #expect(try discounted(.rate(basisPoints: 1_000, maximum: 10, currency: "KRW")) == 0)
    #expect(try discounted(.rate(basisPoints: 1_000)) == 61)
    #expect(try discounted(.amount(100, currency: "POINT")) == 100)
    #expect(try discounted(.amount(9_999, currency: "POINT")) == 605)
  }

  @Test func `Halves are rounded as configured`() {
    let rate = Discount.rate(basisPoints: 5_000)
    #expect(computed([(1, 5)], terms(rate, rounding: .halfUp))?.discount == 3)
    #expect(computed([(1, 5)], terms(rate, rounding: .halfEven))?.discount == 2)
    #expect(computed([(1, 7)], terms(rate, rounding: .halfEven))?.discount == 4)
  }

  @Test func `Sums that leave 64 bits are no totals`() {
    #expect(computed([(.max, 2)], .none) == nil)
    #expect(computed([(1, .max), (1, 1)], .none) == nil)
    #expect(computed([(-1, 1)], .none) == nil)
    let tax = OrderTerms(tax: TaxRule(basisPoints: 10_000, isIncluded: false))
    #expect(computed([(1, .max)], tax) == nil)
  }

  @Test func `The largest order there can be has totals`() throws {
    let tax = TaxRule(basisPoints: PricingBounds.taxBasisPoints.upperBound, isIncluded: false)
    let shipping = ShippingRule(
      fee: PricingBounds.amount.upperBound, freeFrom: nil, currency: .won)
    let pieces = OrderBounds.lines.upperBound * OrderBounds.quantity.upperBound
    let totals = try #require(
      computed(
        [(pieces, PricingBounds.amount.upperBound)], OrderTerms(tax: tax, shipping: shipping)))
    #expect(totals.total > totals.subtotal)
  }

  @Test func `Random totals are those of a reference, add up, and never go below zero`() throws {
    var random = SeededGenerator("order totals")
    for _ in 0..<20_000 {
      let (lines, terms) = RandomOrder.make(&random)
      let totals = try #require(
        OrderTotals(lines, currency: .won, terms: terms), "\(lines) \(terms)")
      let reference = ReferenceTotals(lines, terms)
      #expect(totals.subtotal == reference.subtotal, "\(lines) \(terms)")
      #expect(totals.discount == reference.discount, "\(lines) \(terms)")
      #expect(totals.tax + totals.includedTax == reference.tax, "\(lines) \(terms)")
      #expect(totals.discount <= reference.eligible)
      #expect(totals.total == totals.subtotal - totals.discount + totals.tax + totals.shipping)
      #expect(totals.total >= 0)
      #expect(OrderTerms(terms.description) == terms, "\(terms)")

      let shares = try #require(OrderShares(totals, of: lines, terms: terms))
      #expect(shares.discounts.reduce(0, +) == totals.discount)
      #expect(shares.taxes.reduce(0, +) == totals.tax)
      #expect(shares.paid.reduce(0, +) == totals.total - totals.shipping)
      for (place, line) in lines.enumerated() {
        #expect((0...line.quantity * line.unitPrice).contains(shares.discounts[place]))
        #expect(shares.paid[place] >= 0)
      }
    }
  }
}
