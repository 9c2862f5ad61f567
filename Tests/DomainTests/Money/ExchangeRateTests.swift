internal import Domain
internal import TestSupport
internal import Testing

@Suite struct ExchangeRateTests {
  private static let rate = ExchangeRate(
    from: .dollar, to: .won, numerator: 138_550, denominator: 100)!

  @Test func `Dollars become won at the rate and back`() {
    let worth = Self.rate.convert(Money(amount: 1_999, currency: .dollar), rounding: .halfUp)
    // 19.99 · 1385.5 = 27,696.145
    #expect(worth == Money(amount: 27_696, currency: .won))
    let back = Self.rate.inverse.convert(Money(amount: 27_696, currency: .won), rounding: .halfUp)
    #expect(back == Money(amount: 1_999, currency: .dollar))
  }

  @Test func `A half is rounded as configured, and alike below zero`() {
    let rate = ExchangeRate(from: .dollar, to: .won, numerator: 50, denominator: 1)!
    func won(_ cents: Int, _ rounding: Rounding) -> Int? {
      rate.convert(Money(amount: cents, currency: .dollar), rounding: rounding)?.amount
    }
    #expect(won(5, .halfUp) == 3 && won(5, .halfEven) == 2)
    #expect(won(7, .halfUp) == 4 && won(7, .halfEven) == 4)
    #expect(won(-5, .halfUp) == -3 && won(-5, .halfEven) == -2)
  }

  @Test func `Another currency, a worth beyond 64 bits and a rate out of bounds are refused`() {
    #expect(Self.rate.convert(Money(amount: 1, currency: .won), rounding: .halfUp) == nil)
    #expect(Self.rate.convert(Money(amount: .max, currency: .dollar), rounding: .halfUp) == nil)
    #expect(ExchangeRate(from: .won, to: .won, numerator: 1, denominator: 1) == nil)
    #expect(ExchangeRate(from: .won, to: .dollar, numerator: 0, denominator: 1) == nil)
    #expect(
      ExchangeRate(
        from: .won, to: .dollar, numerator: 1, denominator: ExchangeRate.bounds.upperBound + 1)
        == nil)
  }

  @Test func `Points have no rate`() {
    for money in Currency.money {
      #expect(ExchangeRate(from: .point, to: money, numerator: 1, denominator: 1) == nil)
      #expect(ExchangeRate(from: money, to: .point, numerator: 1, denominator: 1) == nil)
    }
    #expect(Self.rate.convert(Money(amount: 1, currency: .point), rounding: .halfUp) == nil)
    #expect(
      [ExchangeRatePeriod(rate: Self.rate, validFrom: Instant(seconds: 0))]
        .rate(from: .point, to: .won, at: Instant(seconds: 1)) == nil)
  }

  @Test func `Random conversions are the nearest of all`() throws {
    var random = SeededGenerator("exchange")
    for _ in 0..<20_000 {
      let isToWon = Bool.random(using: &random)
      let rate = ExchangeRate(
        from: isToWon ? .dollar : .won, to: isToWon ? .won : .dollar,
        numerator: Int.random(in: 1...1_000_000, using: &random),
        denominator: Int.random(in: 1...1_000_000, using: &random))!
      let amount = Int.random(in: -1_000_000_000...1_000_000_000, using: &random)
      let rounding = Rounding.allCases.randomElement(using: &random)!
      let worth = try #require(
        rate.convert(Money(amount: amount, currency: rate.from), rounding: rounding))
      // |worth · q − amount · p| is at most half of q where p / q is the rate in minor units.
      let dividend = Int128(amount) * Int128(rate.numerator) * (isToWon ? 1 : 100)
      let divisor = Int128(rate.denominator) * (isToWon ? 100 : 1)
      let error = (Int128(worth.amount) * divisor - dividend).magnitude
      #expect(error * 2 <= divisor.magnitude)
      if error * 2 == divisor.magnitude {
        switch rounding {
        case .halfEven: #expect(worth.amount.isMultiple(of: 2))
        case .halfUp:
          #expect(Int128(worth.amount).magnitude * divisor.magnitude > dividend.magnitude)
        }
      }
    }
  }
}
