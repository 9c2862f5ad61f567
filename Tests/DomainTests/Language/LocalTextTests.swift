internal import Domain
internal import TestSupport
internal import Testing

@Suite struct LocalTextTests {
  @Test(arguments: [
    (0, Currency.won, "₩0", "0원"), (999, .won, "₩999", "999원"),
    (12_900, .won, "₩12,900", "12,900원"), (-1_000, .won, "-₩1,000", "-1,000원"),
    (1_234_567_890, .won, "₩1,234,567,890", "1,234,567,890원"),
    (5, .dollar, "$0.05", "US$0.05"), (12_900, .dollar, "$129.00", "US$129.00"),
    (-123_456_78, .dollar, "-$123,456.78", "-US$123,456.78"),
    (0, .point, "0 points", "0포인트"), (1, .point, "1 point", "1포인트"),
    (500, .point, "500 points", "500포인트"), (1_234_567, .point, "1,234,567 points", "1,234,567포인트"),
    (-1, .point, "-1 point", "-1포인트"), (-1_200, .point, "-1,200 points", "-1,200포인트"),
  ])
  func `money and points are written as their readers write them`(
    amount: Int, currency: Currency, english: String, korean: String
  ) {
    let money = Money(amount: amount, currency: currency)
    #expect(MoneyText.text(money, in: .english) == english)
    #expect(MoneyText.text(money, in: .korean) == korean)
  }

  @Test func `numbers keep their digits`() {
    var random = SeededGenerator("numbers")
    for _ in 0..<2_000 {
      let number =
        Int.random(in: .min ... .max, using: &random)
        >> Int.random(
          in: 0..<63, using: &random)
      let text = NumberText.grouped(number)
      #expect(Int(text.filter { $0 != "," }) == number)
      let groups = text.filter { $0 != "-" }.split(separator: ",", omittingEmptySubsequences: false)
      #expect(groups.dropFirst().allSatisfy { $0.count == 3 })
      #expect((1...3).contains(groups[0].count))
    }
  }

  @Test func `dates are written as their readers write them, on their own clock`() {
    let instant = Instant("2026-11-20T15:04:59.999Z")!
    #expect(DateText.day(instant, in: .english) == "November 20, 2026")
    #expect(DateText.day(instant, in: .korean) == "2026년 11월 20일")
    #expect(DateText.day(instant, in: .korean, offset: 540) == "2026년 11월 21일")
    #expect(DateText.minute(instant, in: .english) == "November 20, 2026, 15:04 (UTC)")
    #expect(DateText.minute(instant, in: .korean, offset: 540) == "2026년 11월 21일 00:04 (UTC+9)")
    #expect(
      DateText.minute(instant, in: .english, offset: -210)
        == "November 20, 2026, 11:34 (UTC-3:30)")
  }
}
