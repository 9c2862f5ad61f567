import HotPath
import Testing

@testable import Reconciler

@Suite struct TrimPolicyTests {
  private func policy(
    age: Duration = .seconds(600), entries: Int = 100, bytes: Int = .max
  ) -> TrimPolicy {
    var limits = ReconcilerLimits()
    limits.windowAge = age
    limits.windowEntries = entries
    limits.windowBytes = bytes
    return TrimPolicy(limits)
  }

  private func position(_ milliseconds: Int) -> StreamPosition {
    StreamPosition(milliseconds: milliseconds, sequence: 0)
  }

  /// A stream with an entry a millisecond.
  private func stream(_ instants: ClosedRange<Int>, bytes: Int = 0) -> StreamMeasure {
    StreamMeasure(
      entries: instants.count, oldest: position(instants.lowerBound),
      last: position(instants.upperBound), bytes: bytes)
  }

  private func outcome(
    _ measure: StreamMeasure, removed: Int = 0, isSame: Bool = true
  ) -> TrimPolicy.Outcome {
    TrimPolicy.Outcome(isSame: isSame, removed: removed, measure: measure)
  }

  @Test func `what is older than the window goes`() {
    var policy = policy(age: .seconds(1))
    let order = policy.order(now: 5_000, cursor: position(4_500))
    #expect(order == .init(below: position(4_000), oldest: .zero, excess: 0))
  }

  @Test func `nothing above the cursor ever goes`() {
    var policy = policy(age: .seconds(1))
    #expect(policy.order(now: 50_000, cursor: position(4_500)).below == position(4_500))
  }

  @Test func `beyond so many entries the oldest go, however young`() {
    var policy = policy(entries: 100)
    policy.took(outcome(stream(1_001...1_400)))
    for _ in 1...300 { policy.took(1) }
    let order = policy.order(now: 2_000, cursor: position(1_300))
    #expect(order.oldest == position(1_001) && order.excess == 200)
    policy.took(outcome(stream(1_201...1_400), removed: 200))
    let next = policy.order(now: 2_000, cursor: position(1_300))
    #expect(next.oldest == position(1_201) && next.excess == 0)
  }

  @Test func `what somebody else took counts once the cursor has passed the measure`() {
    var policy = policy(entries: 100)
    policy.took(outcome(stream(1_001...1_300)))
    policy.took(1)
    #expect(policy.order(now: 2_000, cursor: position(1_299)).excess == 0)
    // The stream grows faster than the ledger follows; some entries went by their age.
    policy.took(outcome(stream(1_051...1_900), removed: 50))
    let order = policy.order(now: 2_000, cursor: position(1_400))
    #expect(order.oldest == position(1_051) && order.excess == 150)
  }

  @Test func `beyond so many bytes the oldest go as well`() {
    var policy = policy(entries: 100, bytes: 1_000)
    policy.took(outcome(stream(1_001...1_300, bytes: 30_000)))
    #expect(policy.order(now: 2_000, cursor: position(1_300)).excess == 290)
  }

  @Test func `a stream that somebody else trimmed is counted anew`() {
    var policy = policy(entries: 100)
    policy.took(outcome(stream(1_001...1_300)))
    policy.took(300)
    policy.took(outcome(stream(1_201...1_400), isSame: false))
    #expect(policy.order(now: 2_000, cursor: position(1_300)).excess == 0)
    #expect(policy.order(now: 2_000, cursor: position(1_400)).excess == 100)
  }

  @Test func `a policy that forgot counts from the next measure`() {
    var policy = policy(entries: 100)
    policy.took(outcome(stream(1_001...1_300)))
    policy.took(300)
    policy.reset()
    #expect(policy.order(now: 2_000, cursor: position(1_300)).excess == 0)
  }
}
