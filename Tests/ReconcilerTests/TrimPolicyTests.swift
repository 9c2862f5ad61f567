import HotPath
import Testing

@testable import Reconciler

@Suite struct TrimPolicyTests {
  private func policy(age: Duration = .seconds(600), entries: Int = 100) -> TrimPolicy {
    var limits = ReconcilerLimits()
    limits.windowAge = age
    limits.windowEntries = entries
    return TrimPolicy(limits)
  }

  private func position(_ milliseconds: Int) -> StreamPosition {
    StreamPosition(milliseconds: milliseconds, sequence: 0)
  }

  @Test func `what is older than the window goes`() {
    var policy = policy(age: .seconds(1))
    #expect(policy.below(now: 5_000, cursor: position(4_500)) == position(4_000))
    #expect(policy.below(now: 5_000, cursor: position(4_500)) == nil)
  }

  @Test func `nothing above the cursor ever goes`() {
    var policy = policy(age: .seconds(1))
    #expect(policy.below(now: 50_000, cursor: position(4_500)) == position(4_500))
    #expect(policy.below(now: 90_000, cursor: position(4_500)) == nil)
  }

  @Test func `beyond so many entries the oldest go, however young`() {
    var policy = policy(entries: 100)
    for entry in 1...300 { policy.took(1, to: position(1_000 + entry)) }
    let below = policy.below(now: 2_000, cursor: position(1_300))
    #expect(below == position(1_200))
  }

  @Test func `a policy that forgot begins with its age alone`() {
    var policy = policy(entries: 100)
    for entry in 1...300 { policy.took(1, to: position(1_000 + entry)) }
    policy.reset()
    #expect(policy.below(now: 2_000, cursor: position(1_300)) == nil)
  }
}
