import TestSupport
import Testing

@testable import Redis

@Suite struct PendingCallsTests {
  private func call(
    sentAt: UInt64 = 0, timeout: UInt64 = 100, replies: Int = 1
  ) -> PendingCall {
    PendingCall(
      completion: { _ in }, missingReplies: replies, startedAt: 0, sentAt: sentAt, timeout: timeout)
  }

  @Test func `a timed-out call keeps its place until its reply has come`() {
    var calls = PendingCalls(silenceLimit: 1000)
    calls.append(call(timeout: 50))
    calls.append(call(timeout: 100))
    #expect(calls.takeTimedOut(at: 49).isEmpty)
    #expect(calls.takeTimedOut(at: 50).count == 1)
    #expect(calls.takeTimedOut(at: 60).isEmpty)
    #expect(calls.count == 2)
    #expect(calls.takeReply()?.completion == nil)
    #expect(calls.takeReply()?.completion != nil)
    #expect(calls.takeReply() == nil)
    #expect(calls.takeTimedOut(at: 1000).isEmpty)
  }

  @Test func `a call of several replies is finished by the last`() {
    var calls = PendingCalls(silenceLimit: 1000)
    calls.append(call(replies: 3))
    #expect((0..<3).map { _ in calls.takeReply()!.missingReplies } == [2, 1, 0])
    #expect(calls.isEmpty)
  }

  @Test
  func `a connection is silent when its oldest call has waited for its own time and the limit`() {
    var calls = PendingCalls(silenceLimit: 200)
    #expect(!calls.isSilent(at: 10_000))
    calls.append(call(sentAt: 1000, timeout: 50))
    calls.append(call(sentAt: 1000, timeout: 500))
    #expect(!calls.isSilent(at: 1199))
    #expect(calls.isSilent(at: 1200))
    calls.received(at: 1150)
    #expect(!calls.isSilent(at: 1349))
    #expect(calls.isSilent(at: 1350))
    _ = calls.takeReply()
    #expect(!calls.isSilent(at: 1649))
    #expect(calls.isSilent(at: 1650))
  }

  @Test func `time-outs are found whatever the order of their deadlines`() {
    var generator = SeededGenerator()
    for _ in 0..<200 {
      var calls = PendingCalls(silenceLimit: .max)
      var deadlines: [UInt64] = []
      for _ in 0..<Int.random(in: 1...50, using: &generator) {
        let timeout = UInt64.random(in: 1...100, using: &generator)
        calls.append(call(timeout: timeout))
        deadlines.append(timeout)
      }
      for now in stride(from: UInt64(0), through: 100, by: 7) {
        let due = deadlines.filter { $0 <= now }.count
        deadlines.removeAll { $0 <= now }
        #expect(calls.takeTimedOut(at: now).count == due)
      }
    }
  }

  @Test func `the queue keeps order while it grows and wraps`() {
    var generator = SeededGenerator()
    var queue = RingBuffer<Int>(capacity: 2)
    var model: [Int] = []
    for number in 0..<5000 {
      if Bool.random(using: &generator) || model.isEmpty {
        queue.append(number)
        model.append(number)
      } else {
        #expect(queue.removeFirst() == model.removeFirst())
      }
      #expect(queue.count == model.count)
      if !model.isEmpty { #expect(queue[model.count - 1] == model.last) }
    }
  }

  @Test func `pauses double up to a second, with full jitter, and begin anew`() {
    var generator = SeededGenerator()
    var backoff = ReconnectBackoff()
    for _ in 0..<2 {
      for bound in [50, 100, 200, 400, 800, 1000, 1000, 1000] {
        let pause = backoff.next(using: &generator)
        #expect(pause >= .milliseconds(1) && pause <= .milliseconds(bound))
      }
      backoff.reset()
    }
    for _ in 0..<100 { _ = backoff.next(using: &generator) }
    let pauses = (0..<500).map { _ in backoff.next(using: &generator) }
    #expect(pauses.min()! < .milliseconds(100) && pauses.max()! > .milliseconds(900))
  }
}
