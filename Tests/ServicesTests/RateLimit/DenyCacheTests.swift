import Domain
import HotPath
import TestSupport
import Testing

@testable import Services

@Suite struct DenyCacheTests {
  private static let quota = RateQuota(limit: 2, windowSeconds: 10, burst: 2)!
  private static let key = DenyCache.Key(policy: 1, subject: RateSubject(user: "ann"))

  /// A cache that was told at `sentAt` of a refusal with the burst used up.
  private func cache(sentAt: Int) -> DenyCache {
    var cache = DenyCache()
    cache.remember(
      Self.key, quota: Self.quota, cost: 1, lead: Self.quota.fullLead, sentAt: sentAt)
    return cache
  }

  private func refusal(_ cache: inout DenyCache, cost: Int = 1, now: Int) -> Int? {
    cache.refusal(of: Self.key, quota: Self.quota, cost: cost, now: now)
  }

  @Test func `a key that nobody refused has to be asked for`() {
    var cache = DenyCache()
    #expect(refusal(&cache, now: 5) == nil)
    cache = self.cache(sentAt: 0)
    let other = DenyCache.Key(policy: 1, subject: RateSubject(user: "ben"))
    #expect(cache.refusal(of: other, quota: Self.quota, cost: 1, now: 5) == nil)
    let otherPolicy = DenyCache.Key(policy: 2, subject: RateSubject(user: "ann"))
    #expect(cache.refusal(of: otherPolicy, quota: Self.quota, cost: 1, now: 5) == nil)
  }

  @Test func `a refusal holds until its time, less what a slow clock may hide`() {
    var cache = cache(sentAt: 1000)
    #expect(refusal(&cache, now: 1_000) == Self.quota.fullLead)
    #expect(refusal(&cache, now: 1_900_000) == Self.quota.fullLead - 1_899_000 * 2)
    // Confirmed again a moment before its end.
    cache.remember(
      Self.key, quota: Self.quota, cost: 1, lead: Self.quota.fullLead - 9_999_000,
      sentAt: 5_000_500)
    #expect(refusal(&cache, now: 5_000_999) != nil)
    #expect(refusal(&cache, now: 5_001_000) == nil)
    #expect(cache.count == 0)
  }

  @Test func `a dearer request is refused where a cheaper one has to be asked for`() {
    var cache = DenyCache()
    let lead = Self.quota.charged(0, cost: 1)!
    cache.remember(Self.key, quota: Self.quota, cost: 2, lead: lead, sentAt: 0)
    #expect(refusal(&cache, cost: 2, now: 100) != nil)
    #expect(refusal(&cache, cost: 1, now: 100) == nil)
  }

  @Test func `after two seconds one request asks, and the others wait for its answer`() {
    var cache = cache(sentAt: 0)
    #expect(refusal(&cache, now: 1_999_999) != nil)
    #expect(refusal(&cache, now: 2_000_000) == nil)
    #expect(refusal(&cache, now: 2_000_001) != nil)
    #expect(refusal(&cache, now: 2_249_999) != nil)
    // No answer came: another one asks.
    #expect(refusal(&cache, now: 2_250_000) == nil)
    cache.remember(
      Self.key, quota: Self.quota, cost: 1, lead: Self.quota.fullLead, sentAt: 2_300_000)
    #expect(refusal(&cache, now: 4_200_000) != nil)
  }

  @Test func `it is bounded, and makes room when times have come`() {
    var cache = DenyCache()
    func key(_ number: Int) -> DenyCache.Key {
      .init(policy: 1, subject: RateSubject(user: "\(number)"))
    }
    let bound = DenyCache.Bounds.entries
    for number in 0..<bound + 10 {
      cache.remember(
        key(number), quota: Self.quota, cost: 1, lead: Self.quota.fullLead, sentAt: 2_000_000)
    }
    #expect(cache.count == bound)
    #expect(cache.refusal(of: key(bound + 1), quota: Self.quota, cost: 1, now: 2_000_001) == nil)
    #expect(cache.refusal(of: key(0), quota: Self.quota, cost: 1, now: 2_000_001) != nil)
    // Five seconds later a unit is there again for all of them.
    cache.remember(
      key(bound + 1), quota: Self.quota, cost: 1, lead: Self.quota.fullLead, sentAt: 7_000_001)
    #expect(cache.count == 1)
    cache.forget(key(bound + 1))
    #expect(cache.count == 0)
  }
}
