import Domain
import TestSupport
import Testing

@Suite struct RateQuotaTests {
  @Test func `what is out of bounds is refused`() {
    #expect(RateQuota(limit: 1, windowSeconds: 1, burst: 1) != nil)
    #expect(RateQuota(limit: 0, windowSeconds: 1, burst: 1) == nil)
    #expect(RateQuota(limit: 1, windowSeconds: 0, burst: 1) == nil)
    #expect(RateQuota(limit: 1, windowSeconds: 1, burst: 0) == nil)
    #expect(RateQuota(limit: 1_000_001, windowSeconds: 1, burst: 1) == nil)
    #expect(RateQuota(limit: 1, windowSeconds: 86_401, burst: 1) == nil)
    #expect(RateQuota(limit: 1, windowSeconds: 86_400, burst: 31) != nil)
    #expect(RateQuota(limit: 1, windowSeconds: 86_400, burst: 32) == nil)
    #expect(RateQuota(limit: 1_000_000, windowSeconds: 86_400, burst: 1_000_000) != nil)
  }

  @Test func `one request a minute is let through, and the next a minute later`() throws {
    let quota = try #require(RateQuota(limit: 1, windowSeconds: 60, burst: 1))
    let lead = try #require(quota.charged(0, cost: 1))
    #expect(quota.charged(lead, cost: 1) == nil)
    #expect(quota.remaining(lead) == 0)
    #expect(quota.waitMicroseconds(lead, cost: 1) == 60_000_000)
    let arrival = quota.arrival(lead: lead, at: 1000)
    #expect(quota.charged(quota.lead(of: arrival, at: 60_000_999), cost: 1) == nil)
    #expect(quota.charged(quota.lead(of: arrival, at: 60_001_000), cost: 1) != nil)
  }

  @Test func `a rate that divides by nothing does not drift`() throws {
    let quota = try #require(RateQuota(limit: 7, windowSeconds: 1, burst: 1))
    var arrival = TheoreticalArrival(microseconds: 0)
    var now = 0
    // As fast as it is let through, for a thousand seconds.
    for _ in 0..<7000 {
      let lead = quota.lead(of: arrival, at: now)
      now += quota.waitMicroseconds(lead, cost: 1)
      arrival = quota.arrival(
        lead: try #require(quota.charged(quota.lead(of: arrival, at: now), cost: 1)), at: now)
    }
    // The last of them is a seventh of a second before the end; waits are whole microseconds.
    #expect((999_857_142...999_857_143 + 7000).contains(now))
  }

  @Test func `a wait is exact: a microsecond before it a request is refused`() {
    var random = SeededGenerator()
    for _ in 0..<20_000 {
      let quota = Self.random(&random)
      let cost = Int.random(in: 1...min(quota.burst, 1000), using: &random)
      let lead = Int.random(in: 0...quota.fullLead, using: &random)
      let now = Int.random(in: 0...2_000_000_000_000_000, using: &random)
      let arrival = quota.arrival(lead: lead, at: now)
      #expect(quota.lead(of: arrival, at: now) == lead, "seed \(random.seed)")
      let wait = quota.waitMicroseconds(lead, cost: cost)
      #expect((wait == 0) == (quota.charged(lead, cost: cost) != nil), "seed \(random.seed)")
      #expect(quota.charged(quota.lead(of: arrival, at: now + wait), cost: cost) != nil)
      guard wait > 0 else { continue }
      #expect(quota.charged(quota.lead(of: arrival, at: now + wait - 1), cost: cost) == nil)
    }
  }

  @Test func `what remains is let through and not one more`() throws {
    var random = SeededGenerator()
    for _ in 0..<2_000 {
      let quota = Self.random(&random)
      let lead = Int.random(in: 0...quota.fullLead, using: &random)
      let remaining = quota.remaining(lead)
      #expect(lead + remaining * quota.windowMicroseconds <= quota.fullLead)
      #expect(lead + (remaining + 1) * quota.windowMicroseconds > quota.fullLead)
      let arrival = quota.arrival(lead: lead, at: 5)
      let reset = quota.resetMicroseconds(lead)
      #expect(quota.lead(of: arrival, at: 5 + reset) == 0)
      if reset > 0 { #expect(quota.lead(of: arrival, at: 5 + reset - 1) > 0) }
    }
  }

  @Test func `a refund gives back what time has not`() throws {
    let quota = try #require(RateQuota(limit: 10, windowSeconds: 10, burst: 5))
    let lead = try #require(quota.charged(0, cost: 3))
    #expect(quota.refunded(lead, cost: 3) == 0)
    #expect(quota.refunded(lead, cost: 1) == quota.charged(0, cost: 2))
    #expect(quota.refunded(1, cost: 3) == 0)
  }

  @Test func `a lead never exceeds the burst of a quota that was narrowed`() throws {
    let narrow = try #require(RateQuota(limit: 100, windowSeconds: 1, burst: 1))
    let far = TheoreticalArrival(microseconds: 1_700_000_086_400_000_000, part: 3)
    #expect(narrow.lead(of: far, at: 1_700_000_000_000_000) == narrow.fullLead)
    #expect(narrow.lead(of: TheoreticalArrival(microseconds: 7, part: 5000), at: 7) == 99)
  }

  private static func random(_ random: inout SeededGenerator) -> RateQuota {
    while true {
      let quota = RateQuota(
        limit: 1 << Int.random(in: 0...19, using: &random) | Int.random(in: 0...99, using: &random),
        windowSeconds: Int.random(
          in: 1...(Bool.random(using: &random) ? 60 : 86_400), using: &random),
        burst: Int.random(in: 1...5000, using: &random))
      if let quota { return quota }
    }
  }
}
