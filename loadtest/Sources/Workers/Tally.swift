/// What one worker has counted so far.
struct Tally: Sendable {
  /// Latencies from the planned start to the whole answer, one histogram an outcome.
  var outcomes: [LatencyHistogram]
  /// Latencies from the moment of sending, over all outcomes: what the server alone took.
  var service = LatencyHistogram()
  /// Requests begun, answered or not.
  var started = 0
  /// Connections opened again after they had ended.
  var reconnects = 0
  /// Failures in words, with their number.
  var failures: [String: Int] = [:]

  init(outcomeCount: Int) {
    outcomes = Array(repeating: LatencyHistogram(), count: outcomeCount)
  }

  /// Requests that ended, in whatever way.
  var finished: Int { outcomes.reduce(0) { $0 + Int($1.count) } }

  /// All outcomes in one histogram.
  var all: LatencyHistogram {
    var sum = LatencyHistogram()
    for histogram in outcomes { sum.merge(histogram) }
    return sum
  }

  /// Requests that failed, by the outcomes that they are counted under.
  func failed(_ outcomes: [Outcome]) -> Int {
    zip(outcomes, self.outcomes).reduce(0) {
      $0 + ($1.0.kind == .failure ? Int($1.1.count) : 0)
    }
  }

  mutating func merge(_ other: Tally) {
    for index in outcomes.indices { outcomes[index].merge(other.outcomes[index]) }
    service.merge(other.service)
    started += other.started
    reconnects += other.reconnects
    failures.merge(other.failures, uniquingKeysWith: +)
  }
}
