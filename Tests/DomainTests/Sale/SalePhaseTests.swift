import Domain
import Testing

@Suite struct SalePhaseTests {
  @Test func `a sale is open from its opening until its closing, once its stock is there`() {
    let opens = Instant(milliseconds: 1_000)
    let closes = opens + .seconds(1)
    func phase(_ time: Instant, isReady: Bool = true) -> SalePhase {
      SalePhase(opensAt: opens, closesAt: closes, isReady: isReady, at: time)
    }
    #expect(phase(opens - .milliseconds(1)) == .notOpen)
    #expect(phase(opens) == .open)
    #expect(phase(opens, isReady: false) == .notOpen)
    #expect(phase(closes - .milliseconds(1)) == .open)
    #expect(phase(closes) == .closed)
    #expect(phase(closes, isReady: false) == .closed)
  }
}
