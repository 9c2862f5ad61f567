internal import Domain
internal import Testing

@Suite struct WalletTextTests {
  @Test(arguments: [
    ("KRW", 12_900, "₩12,900", "12,900원"), ("USD", 5, "$0.05", "US$0.05"),
    ("POINT", 1, "1 point", "1포인트"), ("POINT", 1_200, "1,200 points", "1,200포인트"),
    ("credit:images", 1, "1 credit of images", "images 크레딧 1개"),
    ("credit:images", 0, "0 credits of images", "images 크레딧 0개"),
  ])
  func `what a wallet has is written as people read it`(
    unit: String, amount: Int, english: String, korean: String
  ) {
    let unit = WalletUnit(unit)!
    #expect(WalletText.text(amount, unit, in: .english) == english)
    #expect(WalletText.text(amount, unit, in: .korean) == korean)
  }
}
