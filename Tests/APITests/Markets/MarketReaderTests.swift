internal import API
internal import Domain
internal import Testing

@Suite struct MarketReaderTests {
  private func book(_ json: String) throws -> MarketBook {
    try MarketReader.book(json: Array(json.utf8))
  }

  @Test func `Rules are read as docs say`() throws {
    let book = try book(
      """
      {"rounding": {"USD": "half_even", "POINT": "half_even"},
       "markets": [
        {"market": "KR", "currency": "KRW", "tax": {"rate": 10, "included": true},
         "shipping": {"fee": 3000, "free_from": 50000}, "return_days": 7,
         "self_service_refunds": "none", "refund_returns_stock": false,
         "refund_returns_coupon": true, "electronic_receipt": true, "utc_offset_minutes": 540},
        {"market": "US", "currency": "USD", "tax": {"rate": 8.25}, "shipping": {"fee": 599},
         "refund_returns_coupon": false,
         "sellers": {"quantity": 500, "days": 31, "coupon_days": 60, "rate": 12.5, "amount": 0}},
        {"market": "KR", "tenant": "outlet", "currency": "KRW"}
      ]}
      """)
    let (shop, outlet) = (TenantID("shop")!, TenantID("outlet")!)
    #expect(
      book.rules(of: shop, in: Market("KR")!)
        == MarketRules(
          market: Market("KR")!, currency: .won, taxBasisPoints: 1_000, taxIncluded: true,
          shippingFee: 3_000, freeShippingFrom: 50_000, returnDays: 7, selfServiceRefunds: .none,
          refundReturns: RefundReturns(stock: false, coupon: true), electronicReceipt: true,
          utcOffset: 540))
    #expect(
      book.rules(of: shop, in: Market("US")!)
        == MarketRules(
          market: Market("US")!, currency: .dollar, taxBasisPoints: 825, shippingFee: 599,
          refundReturns: RefundReturns(stock: true, coupon: false),
          sellers: SellerBounds(
            quantity: 500, days: 31, couponDays: 60, basisPoints: 1_250, amount: 0),
          rounding: .halfEven))
    #expect(book.terms(of: outlet, in: Market("KR")!) == .none)
    #expect(book.rules(of: outlet, in: Market("KR")!)?.selfServiceRefunds == .lines)
    #expect(book.rules(of: outlet, in: Market("KR")!)?.refundReturns == .everything)
    #expect(book.rules(of: outlet, in: Market("KR")!)?.sellers == SellerBounds.none)
    #expect(book.rounding(of: .dollar) == .halfEven)
    #expect(book.rounding(of: .point) == .halfEven && book.rounding(of: .won) == .halfUp)
  }

  @Test(arguments: [
    (#"{"markets": [}"#, "the file"), (#"{}"#, "markets"),
    (#"{"markets": [], "taxes": 1}"#, "taxes"),
    (#"{"markets": [{"market": "KR"}]}"#, "markets.0.currency"),
    (#"{"markets": [{"market": "kr", "currency": "KRW"}]}"#, "markets.0.market"),
    (#"{"markets": [{"market": "KR", "currency": "EUR"}]}"#, "markets.0.currency"),
    (#"{"markets": [{"market": "KR", "currency": "POINT"}]}"#, "markets.0.currency"),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "tax": {"rate": 100.01}}]}"#,
      "markets.0.tax.rate"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "shipping": {"free_from": 1}}]}"#,
      "markets.0.shipping.fee"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "return_days": -1}]}"#,
      "markets.0.return_days"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "self_service_refunds": "all"}]}"#,
      "markets.0.self_service_refunds"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "refund_returns_stock": "no"}]}"#,
      "markets.0.refund_returns_stock"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "refund_returns_coupon": 0}]}"#,
      "markets.0.refund_returns_coupon"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "sellers": 7}]}"#, "markets.0.sellers"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "sellers": {"quantity": 0}}]}"#,
      "markets.0.sellers.quantity"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "sellers": {"days": 0.5}}]}"#,
      "markets.0.sellers.days"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "sellers": {"coupon_days": 9999}}]}"#,
      "markets.0.sellers.coupon_days"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "sellers": {"rate": 100.5}}]}"#,
      "markets.0.sellers.rate"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "sellers": {"amount": -1}}]}"#,
      "markets.0.sellers.amount"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "sellers": {"limit": 1}}]}"#,
      "markets.0.sellers.limit"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "returns": 7}]}"#, "markets.0.returns"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW"}, {"market": "KR", "currency": "KRW"}]}"#,
      "markets.1.market"
    ),
    (
      #"{"markets": [{"market": "KR", "currency": "KRW", "tenant": "a b"}]}"#, "markets.0.tenant"
    ),
    (#"{"markets": [], "rounding": {"EUR": "half_up"}}"#, "rounding.EUR"),
    (#"{"markets": [], "rounding": {"USD": "up"}}"#, "rounding.USD"),
  ])
  func `A mistake is named by its field`(json: String, field: String) {
    #expect {
      try book(json)
    } throws: {
      ($0 as? APIError)?.details["field"] == .string(field)
    }
  }
}
