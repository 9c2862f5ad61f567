internal import Domain
internal import Testing

@Suite struct ReceiptTests {
  private static let order = Identifier("01900000-0000-7000-8000-000000000001")!

  private func receipt(_ terms: OrderTerms, returnable: Instant? = nil) throws -> Receipt {
    let lines = [OrderLine(sku: SKU("runner-white-270")!, quantity: 2, unitPrice: 99_000)]
    return Receipt(
      seller: "Demo shop", order: Self.order, paidAt: Instant("2026-11-20T15:04:00Z")!,
      currency: .won, lines: lines,
      totals: try #require(
        OrderTotals(lines.map(PricedLine.init), currency: .won, terms: terms)),
      returnable: returnable, utcOffset: 540)
  }

  @Test func `a receipt is written for its reader`() throws {
    let terms = OrderTerms(
      tax: TaxRule(basisPoints: 1_000, isIncluded: true),
      shipping: ShippingRule(fee: 3_000, freeFrom: nil, currency: .won),
      coupon: CouponTerms(
        coupon: Self.order, campaign: Self.order, discount: .amount(5_000, currency: "KRW")))
    let receipt = try receipt(terms, returnable: Instant("2026-11-27T15:04:00Z")!)
    #expect(
      receipt.text(in: .english) == """
        Electronic receipt
        Demo shop
        Order \(Self.order)
        Paid: November 21, 2026, 00:04 (UTC+9)

        runner-white-270  2 × ₩99,000  ₩198,000

        Subtotal: ₩198,000
        Discount: -₩5,000
        Shipping: ₩3,000
        Total: ₩196,000
        Tax in the total: ₩17,545

        Returns until: November 28, 2026

        """)
    #expect(
      receipt.text(in: .korean) == """
        전자 영수증
        Demo shop
        주문 \(Self.order)
        결제 일시: 2026년 11월 21일 00:04 (UTC+9)

        runner-white-270  2 × 99,000원  198,000원

        상품 금액: 198,000원
        할인: -5,000원
        배송비: 3,000원
        합계: 196,000원
        합계에 포함된 세금: 17,545원

        반품 가능 기한: 2026년 11월 28일

        """)
  }

  @Test func `what is nothing is left out`() throws {
    let text = try receipt(.none).text(in: .english)
    #expect(text.contains("Total: ₩198,000"))
    for word in ["Discount", "Tax", "Shipping", "Returns"] { #expect(!text.contains(word)) }
  }
}
