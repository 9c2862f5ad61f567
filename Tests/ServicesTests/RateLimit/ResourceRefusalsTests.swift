import Domain
import HotPath
import TestSupport
import Testing

@testable import Services

/// With and without what a loop remembers of refusals by campaigns' policies, the same claims get the same
/// answers.
@Suite struct ResourceRefusalsTests {
  static let requests = 60_000

  @Test func `whatever is refused from memory, the rules refuse too, and for as long`() throws {
    var random = SeededGenerator()
    var fromMemory = 0
    for _ in 0..<60 {
      fromMemory += try play(Self.requests / 60, &random)
    }
    #expect(fromMemory > Self.requests / 10)
  }

  /// Sends `count` claims; how many were refused from memory.
  private func play(_ count: Int, _ random: inout SeededGenerator) throws -> Int {
    var policy = Self.policy(&random)
    func terms(_ policy: RatePolicy) -> CampaignTerms {
      CampaignTerms(
        quantity: count, perUserLimit: 100, opensAt: Instant(milliseconds: 0), closesAt: .latest,
        ratePolicy: policy)
    }
    var rules = ClaimRules(terms: terms(policy), version: 1)
    let refusals = ResourceRefusals()
    var rate = ResourceRate(policy, refusals: refusals)
    // Microseconds of Redis' clock, and how far the loop's is behind it.
    var now = 1_700_000_000_000_000
    let offset = now - Int.random(in: 10_000_000...1_000_000_000, using: &random)
    var fromMemory = 0
    for number in 0..<count {
      let interval = policy.windowMilliseconds * 1000 / policy.limit
      switch Int.random(in: 0..<5, using: &random) {
      case 0: now += 1
      case 1: now += Int.random(in: 0...interval, using: &random)
      case 2: now += Int.random(in: 0...interval / 10, using: &random)
      case 3 where Int.random(in: 0..<200, using: &random) == 0:
        policy = Self.policy(&random)
        rules.change(terms(policy), version: number + 2)
        rate = ResourceRate(policy, refusals: refusals)
      default: break
      }
      let user = "u\(Int.random(in: 0..<3, using: &random))"
      let local = UInt64(now - offset) * 1000
      let known = rate.refusal(of: user, now: local)
      // What came from memory was not sent, and must not have been charged.
      let decision = rules.claim(
        user: user, idempotency: ("k\(Int.random(in: 0..<4, using: &random))\(user)", "f"),
        now: Instant(milliseconds: Int64(now / 1000)))
      guard case .rateLimited(let wait) = decision else {
        try #require(known == nil, "\(user) would have passed")
        continue
      }
      if let known {
        fromMemory += 1
        #expect(abs(known.milliseconds - wait) <= 2)
        #expect(known.allowance.remaining == 0)
      } else {
        // The call had been sent up to a millisecond before.
        let early = UInt64(Int.random(in: 0...1_000_000, using: &random))
        rate.refused(user, waitMilliseconds: wait, since: rate.mark(at: local - early))
      }
    }
    return fromMemory
  }

  private static func policy(_ random: inout SeededGenerator) -> RatePolicy {
    let limit = Int.random(in: 1...40, using: &random)
    return RatePolicy(
      limit: limit, windowMilliseconds: Int.random(in: 1...20, using: &random) * 1000,
      burst: Int.random(in: 1...min(limit, 6), using: &random),
      scope: Bool.random(using: &random) ? .user : .campaign)
  }

  @Test func `what is remembered ends with the last millisecond, which is asked for`() {
    let rate = ResourceRate(
      RatePolicy(limit: 1, windowMilliseconds: 1000, burst: 1, scope: .user),
      refusals: ResourceRefusals())
    let start: UInt64 = 5_000_000_000
    rate.refused("ann", waitMilliseconds: 700, since: rate.mark(at: start))
    let known = rate.refusal(of: "ann", now: start)
    #expect(known?.milliseconds == 700)
    #expect(known?.allowance == RateAllowance(remaining: 0, resetMilliseconds: 700))
    #expect(rate.refusal(of: "ben", now: start) == nil)
    #expect(rate.refusal(of: "ann", now: start + 690_000_000) != nil)
    #expect(rate.refusal(of: "ann", now: start + 699_000_000) == nil)
    rate.refused("ann", waitMilliseconds: 1, since: rate.mark(at: start))
    #expect(rate.refusal(of: "ann", now: start) == nil)
  }

  @Test func `what a policy refused before it changed is forgotten, on its way as well`() {
    let rate = ResourceRate(
      RatePolicy(limit: 1, windowMilliseconds: 60_000, burst: 1, scope: .campaign),
      refusals: ResourceRefusals())
    let mark = rate.mark(at: 5_000_000_000)
    rate.refused("ann", waitMilliseconds: 60_000, since: mark)
    #expect(rate.refusal(of: "ben", now: 5_000_000_000) != nil)
    rate.forget()
    #expect(rate.refusal(of: "ben", now: 5_000_000_000) == nil)
    rate.refused("ann", waitMilliseconds: 60_000, since: mark)
    #expect(rate.refusal(of: "ben", now: 5_000_000_000) == nil)
  }

  @Test func `a refusal is asked for again after two seconds, by one request`() {
    let rate = ResourceRate(
      RatePolicy(limit: 1, windowMilliseconds: 60_000, burst: 1, scope: .sale),
      refusals: ResourceRefusals())
    let start: UInt64 = 5_000_000_000
    rate.refused("ann", waitMilliseconds: 60_000, since: rate.mark(at: start))
    #expect(rate.refusal(of: "ann", now: start + 1_999_000_000) != nil)
    #expect(rate.refusal(of: "ann", now: start + 2_001_000_000) == nil)
    #expect(rate.refusal(of: "ann", now: start + 2_002_000_000) != nil)
  }
}
