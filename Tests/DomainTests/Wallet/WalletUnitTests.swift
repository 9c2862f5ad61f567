import Domain
import Testing

@Suite struct WalletUnitTests {
  @Test(arguments: ["KRW", "USD", "POINT", "credit:images", "credit:a.b_c-9"])
  func `a unit is read as it is written`(text: String) {
    #expect(WalletUnit(text)?.description == text)
  }

  @Test func `what prices are in is what wallets are in`() {
    for currency in Currency.allCases {
      #expect(WalletUnit(currency.rawValue) == .currency(currency))
    }
    #expect(WalletUnit("POINT") == .point)
  }

  @Test(arguments: [
    "", "krw", "EUR", "point", "credit:", "credit:Images", "credit:a b", "credit", "KRW ",
    "credit:" + String(repeating: "a", count: 41),
  ])
  func `anything else is no unit`(text: String) {
    #expect(WalletUnit(text) == nil)
  }
}
