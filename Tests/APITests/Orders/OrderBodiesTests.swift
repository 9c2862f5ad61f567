import Domain
import TestSupport
import Testing

@testable import API
@testable import HotPath

@Suite struct OrderBodiesTests {
  private static let sale = "0195d2e0-0000-7000-8000-00000000000a"

  private func body(_ sku: String, _ quantity: Int, spaces: Int = 0) -> String {
    let space = String(repeating: " ", count: spaces)
    let line = #"{"sku":"\#(sku)","quantity":\#(quantity)}"#
    return #"{"sale_id":"\#(Self.sale)",\#(space)"lines":[\#(line)]}"#
  }

  private func read(_ text: String, _ bodies: OrderBodies) throws(APIError) -> OrderBodies.Reading {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(APIError) in try bodies.read(bytes) }
    }
    return try result.get()
  }

  @Test func `a body that was read before is read the same, whatever came between`() throws {
    var random = SeededGenerator()
    let bodies = OrderBodies()
    // More than are remembered, so that places are taken over; long ones are not remembered at all.
    let texts = (0..<3 * OrderBodies.places).map { number in
      body("s\(number % 100)", 1 + number / 100, spaces: number % 7 == 0 ? 600 : number % 5)
    }
    for _ in 0..<2_000 {
      let text = texts.randomElement(using: &random)!
      let fresh = try read(text, OrderBodies())
      let known = try read(text, bodies)
      #expect(known.body == fresh.body, "seed \(random.seed)")
      #expect(known.fingerprint == fresh.fingerprint, "seed \(random.seed)")
    }
  }

  @Test func `two spellings of a request have one fingerprint, two requests have two`() throws {
    let bodies = OrderBodies()
    let first = try read(body("a", 1), bodies)
    #expect(try read(body("a", 1, spaces: 3), bodies).fingerprint == first.fingerprint)
    #expect(try read(body("a", 2), bodies).fingerprint != first.fingerprint)
    #expect(try read(body("b", 1), bodies).fingerprint != first.fingerprint)
  }

  @Test func `a body's lines are those of the sale that it is for, whichever came before`() throws {
    let bodies = OrderBodies()
    let reading = try read(body("a", 2), bodies)
    let sales = (1...2).map { number in
      HotSale(
        scope: .sale(Identifier(high: 1, low: number)), market: Market("KR")!,
        keys: CellKeys(CellName("shop.kr")!), reservationMilliseconds: 1)
    }
    for sale in [sales[0], sales[0], sales[1], sales[0]] {
      let lines = reading.lines(in: sale)
      #expect(lines.map(\.quantity) == [2])
      #expect(lines[0].stock === sale.stock(SKU("a")!))
    }
    // Accounts that the sale has forgotten have the same keys as those that it makes anew.
    sales[0].forgetStocks()
    let stock = reading.lines(in: sales[0])[0].stock
    #expect(stock.stockKey == sales[0].stock(SKU("a")!).stockKey)
    #expect(stock.owner == ObjectIdentifier(sales[0]))
  }

  @Test func `what is wrong is refused each time`() throws {
    let bodies = OrderBodies()
    for text in ["", "{", body("a", 0), body("a b", 1)] {
      for _ in 0..<2 { #expect(throws: APIError.self) { try read(text, bodies) } }
    }
  }
}
