/// A call whose replies have not all come.
struct PendingCall {
  /// Called once per reply; `nil` once the caller has given up, and its replies are dropped.
  var completion: ((RedisReply) -> Void)?
  var missingReplies: Int
  /// Nanoseconds, for the metrics.
  let startedAt: UInt64
  /// Milliseconds of the loop's clock at which the call was sent, and what it may take from then.
  let sentAt: UInt64
  let timeout: UInt64

  var deadline: UInt64 { sentAt + timeout }
}

/// The calls of a connection in the order of their replies, with their time-outs. Does no I/O.
///
/// A call that times out keeps its place, so that its late reply is recognised and dropped. The
/// connection itself is given up only when it has been silent for as long as its oldest call may
/// take, and no less than `silenceLimit`.
struct PendingCalls {
  private var calls = RingBuffer<PendingCall>(capacity: 64)
  private var earliestDeadline = UInt64.max
  private var lastReceivedAt: UInt64 = 0
  /// Milliseconds.
  let silenceLimit: UInt64

  init(silenceLimit: UInt64) { self.silenceLimit = silenceLimit }

  var count: Int { calls.count }
  var isEmpty: Bool { calls.isEmpty }

  mutating func append(_ call: PendingCall) {
    earliestDeadline = min(earliestDeadline, call.deadline)
    calls.append(call)
  }

  /// Notes that bytes came at `now` (milliseconds).
  mutating func received(at now: UInt64) { lastReceivedAt = now }

  /// Takes the call that the next reply belongs to; `nil` when none was asked for. A call that waits
  /// for several replies is given as it stands after this one.
  mutating func takeReply() -> PendingCall? {
    guard !calls.isEmpty else { return nil }
    if calls[0].missingReplies > 1 {
      calls[0].missingReplies -= 1
      return calls[0]
    }
    var call = calls.removeFirst()
    call.missingReplies = 0
    if calls.isEmpty { earliestDeadline = .max }
    return call
  }

  /// Takes the calls whose time is over at `now` (milliseconds); each keeps its place in the queue.
  mutating func takeTimedOut(at now: UInt64) -> [PendingCall] {
    guard now >= earliestDeadline else { return [] }
    var timedOut: [PendingCall] = []
    earliestDeadline = .max
    for index in 0..<calls.count where calls[index].completion != nil {
      let deadline = calls[index].deadline
      if now >= deadline {
        timedOut.append(calls[index])
        calls[index].completion = nil
      } else {
        earliestDeadline = min(earliestDeadline, deadline)
      }
    }
    return timedOut
  }

  /// True when the connection has been silent for too long at `now` (milliseconds).
  func isSilent(at now: UInt64) -> Bool {
    guard !calls.isEmpty else { return false }
    let oldest = calls[0]
    return now >= max(oldest.sentAt, lastReceivedAt) + max(oldest.timeout, silenceLimit)
  }

  /// Takes all calls.
  mutating func takeAll() -> [PendingCall] {
    var all: [PendingCall] = []
    all.reserveCapacity(calls.count)
    while !calls.isEmpty { all.append(calls.removeFirst()) }
    earliestDeadline = .max
    return all
  }
}
