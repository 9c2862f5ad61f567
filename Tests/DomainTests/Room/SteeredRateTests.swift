import TestSupport
import Testing

@testable import Domain

@Suite struct SteeredRateTests {
  private func conditions(
    _ adaptive: AdaptiveRate?, rate: Int = 100, latency: Double = 10
  ) -> AdmissionConditions {
    var terms = RoomTerms(
      capacity: 500, ratePerSecond: rate, sessionSeconds: 60, graceSeconds: 30)
    terms.adaptive = adaptive
    return AdmissionConditions(
      terms: terms, waiting: 1000,
      reading: .init(
        load: .init(answers: 500, failures: 0, percentile95: latency), freePlaces: 100,
        admitted: 100))
  }

  private let adaptive = AdaptiveRate(
    minimumPerSecond: 10, maximumP95Milliseconds: 200, maximumErrorPermille: 20)

  @Test func `a fixed rate stays the operator's`() {
    var rate = SteeredRate()
    #expect(rate.pace(under: conditions(nil, latency: 900)) == .init(perSecond: 100, reason: nil))
    #expect(rate.pace(under: conditions(nil, rate: 7)) == .init(perSecond: 7, reason: nil))
  }

  @Test func `a moving rate falls when the servers are slow, and says why`() {
    var rate = SteeredRate()
    _ = rate.pace(under: conditions(adaptive, latency: 900))
    let fallen = rate.pace(under: conditions(adaptive, latency: 912.34))
    #expect(fallen == .init(perSecond: 70, reason: "answers are slow: P95 912.3 ms"))
    #expect(rate.pace(under: conditions(adaptive)) == .init(perSecond: 70, reason: nil))
  }

  @Test func `an operator's change holds at once`() {
    var rate = SteeredRate()
    _ = rate.pace(under: conditions(adaptive))
    #expect(rate.pace(under: conditions(adaptive, rate: 5)).perSecond == 5)
    #expect(rate.pace(under: conditions(nil, rate: 80)).perSecond == 80)
    #expect(rate.pace(under: conditions(nil, rate: 80)).reason == nil)
  }
}
