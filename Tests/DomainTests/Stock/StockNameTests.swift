import Domain
import Testing

@Suite struct StockNameTests {
  @Test(arguments: ["a", "SHOE-42.5_red", String(repeating: "x", count: 64)])
  func `a SKU is letters, digits, dots, dashes and underscores`(text: String) {
    #expect(SKU(text)?.description == text)
  }

  @Test(arguments: ["", "a b", "a:b", "a,b", "ä", "a\n", String(repeating: "x", count: 65)])
  func `nothing else is a SKU`(text: String) {
    #expect(SKU(text) == nil)
  }

  @Test func `a scope is open or a sale`() {
    let id = Identifier(high: 5, low: 6)
    #expect(StockScope("open") == .open)
    #expect(StockScope("\(id)") == .sale(id))
    #expect(StockScope("sale") == nil)
    #expect(StockScope.sale(id).description == "\(id)" && StockScope.sale(id).sale == id)
  }

  @Test func `a market is two capital letters`() {
    #expect(Market("KR")?.description == "KR")
    for text in ["", "K", "kr", "KRW", "K1"] { #expect(Market(text) == nil) }
  }

  @Test func `a sale's own cell is named by the tenant and the end of its id`() {
    let sale = Identifier(high: 1, low: 0x8000_0000_0000_00AB)
    let cell = CellName.own(by: TenantID("demo")!, sale: sale)
    #expect(cell?.text == "demo.sale-80000000000000ab")
  }

  @Test func `available is what is in no other place`() {
    let level = StockLevel(received: 10, taken: 1, reserved: 2, sold: 3)
    #expect(level.available == 4 && level.isSound)
    #expect(!StockLevel(received: 1, sold: 2).isSound)
    #expect(!StockLevel(received: 1, reserved: -1).isSound)
  }
}
