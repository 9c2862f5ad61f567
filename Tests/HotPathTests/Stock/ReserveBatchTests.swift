import Domain
import Testing

@testable import HotPath

@Suite struct ReserveBatchTests {
  private let keys = CellKeys(CellName("shop.kr")!)

  private func sale(_ policy: RatePolicy.Scope? = nil, id: UInt64 = 2) -> HotSale {
    HotSale(
      scope: .sale(Identifier(high: 1, low: id)), market: Market("KR")!, keys: keys,
      reservationMilliseconds: 600_000,
      ratePolicy: policy.map {
        RatePolicy(limit: 5, windowMilliseconds: 1_000, burst: 5, scope: $0)
      })
  }

  private func order(_ sale: HotSale, _ skus: String...) -> ReserveOperation {
    ReserveOperation(
      sale: sale, user: "ann",
      idempotency: RequestIdempotency(
        key: RequestDigest(high: 1, low: 2), fingerprint: RequestDigest(high: 3, low: 4)),
      lines: skus.map { .init(stock: sale.stock(SKU($0)!), quantity: 1) })
  }

  @Test func `an account's keys are sent once a batch`() {
    // Eleven keys of the cell, the sale, and two for each account.
    let sale = sale()
    #expect(ReserveBatch([order(sale, "a")]).keyCount == 11 + 1 + 2)
    #expect(ReserveBatch([order(sale, "a"), order(sale, "a")]).keyCount == 11 + 1 + 2)
    #expect(ReserveBatch([order(sale, "a"), order(sale, "b", "a")]).keyCount == 11 + 1 + 4)
    let other = self.sale(id: 9)
    #expect(
      ReserveBatch([order(sale, "a"), order(other, "a"), order(sale, "a")]).keyCount
        == 11 + 2 + 4)
  }

  @Test func `a rate key that all share is sent once, a user's own for each`() {
    for (scope, rates) in [(RatePolicy.Scope.sale, 1), (.user, 3)] {
      let sale = sale(scope)
      let batch = ReserveBatch((0..<3).map { _ in order(sale, "a") })
      #expect(batch.keyCount == 11 + 1 + 2 + rates)
    }
  }

  @Test func `those who ask for the same share a basket, and several baskets are named`() {
    let sale = sale()
    #expect(ReserveBatch([order(sale, "a")]).argumentCount == 4 + 7 + (3 + 2) + 2)
    #expect(
      ReserveBatch([order(sale, "a"), order(sale, "a")]).argumentCount == 4 + 7 + (3 + 2) + 4)
    #expect(
      ReserveBatch([order(sale, "a", "b"), order(sale, "c")]).argumentCount
        == 4 + 7 + (3 + 4) + (3 + 2) + 6)
    let many = (0..<9).flatMap { _ in [order(sale, "a"), order(sale, "a", "b")] }
    #expect(ReserveBatch(many).argumentCount == 4 + 7 + (3 + 2) + (3 + 4) + 3 * 18)
  }

  @Test func `keys that come twice in a batch are noticed, however many others there are`() {
    let sale = sale()
    func order(_ high: UInt64, _ low: UInt64) -> ReserveOperation {
      ReserveOperation(
        sale: sale, user: "ann",
        idempotency: RequestIdempotency(
          key: RequestDigest(high: high, low: low), fingerprint: RequestDigest(high: 3, low: 4)),
        lines: [.init(stock: sale.stock(SKU("a")!), quantity: 1)])
    }
    #expect(ReserveBatch([order(1, 2)]).haveDistinctKeys)
    #expect(!ReserveBatch([order(1, 2), order(1, 2)]).haveDistinctKeys)
    // Keys that end alike lead to one place of the table.
    let alike = (0..<256).map { order(UInt64($0), 7) }
    #expect(ReserveBatch(alike).haveDistinctKeys)
    #expect(!ReserveBatch(alike + [order(255, 7)]).haveDistinctKeys)
    #expect(!ReserveBatch([order(0, 7)] + alike).haveDistinctKeys)
  }

  @Test func `requests that differ in anything do not share a basket`() {
    let sale = sale()
    func order(fingerprint: UInt64 = 4, terms: String = "-", quantity: Int = 1) -> ReserveOperation
    {
      ReserveOperation(
        sale: sale, user: "ann",
        idempotency: RequestIdempotency(
          key: RequestDigest(high: 1, low: 2),
          fingerprint: RequestDigest(high: 3, low: fingerprint)),
        lines: [.init(stock: sale.stock(SKU("a")!), quantity: quantity)], terms: terms)
    }
    let same = ReserveBatch([order(), order()]).argumentCount
    for other in [order(fingerprint: 5), order(terms: "t=1"), order(quantity: 2)] {
      // Another basket, and its number for each of the two.
      #expect(ReserveBatch([order(), other]).argumentCount == same + 5 + 2)
    }
  }

  @Test func `lines of the same account are summed`() {
    let order = order(sale(), "a", "b", "a", "a")
    #expect(order.lines.map(\.quantity) == [3, 1])
    #expect(order.lines.map(\.stock.sku.description) == ["a", "b"])
  }

  @Test func `an account is found again by its name, and a bad name has none`() {
    let sale = sale()
    let first = sale.stock(SKU("a")!)
    Array("a".utf8).withUnsafeBytes { #expect(sale.stock($0) === first) }
    Array("b".utf8).withUnsafeBytes { #expect(sale.stock($0) !== first) }
    Array("a".utf8).withUnsafeBytes { #expect(sale.stock($0) === first) }
    Array("a b".utf8).withUnsafeBytes { #expect(sale.stock($0) == nil) }
  }

  @Test func `the memory of accounts is bounded`() {
    let sale = sale()
    let first = sale.stock(SKU("a")!)
    for place in 0..<HotSale.maximumStocks { _ = sale.stock(SKU("s\(place)")!) }
    #expect(sale.stock(SKU("a")!) !== first)
  }
}
