/// How a run went from second to second.
struct TimeSeries: Sendable {
  /// What was counted between two looks.
  struct Point: Sendable, Equatable {
    /// Since the start of the run.
    let seconds: Double
    /// On the monotonic clock, in nanoseconds.
    let moment: UInt64
    /// Requests a second that ended, and those of them that failed or broke the contract.
    let rate: Double
    let failureRate: Double
    /// Latencies in nanoseconds; 0 when nothing ended.
    let percentile50: UInt64
    let percentile95: UInt64
    let percentile99: UInt64
    /// Requests that are due and have no answer, or visitors who wait for their turn.
    let queue: Int
  }

  /// Points are so far apart at least, in seconds.
  static let interval = 0.95

  private(set) var points: [Point] = []
  private var earlier: Tally?
  private var earlierSeconds = 0.0

  /// Keeps a point, unless the last one is less than a second old.
  mutating func add(
    _ tally: Tally, outcomes: [Outcome], seconds: Double, moment: UInt64, queue: Int
  ) {
    let length = seconds - earlierSeconds
    guard length >= Self.interval else { return }
    let recent = earlier.map { tally.all.since($0.all) } ?? tally.all
    let failed = Self.failed(tally, outcomes) - (earlier.map { Self.failed($0, outcomes) } ?? 0)
    points.append(
      Point(
        seconds: seconds, moment: moment, rate: Double(recent.count) / length,
        failureRate: Double(failed) / length, percentile50: recent.percentile(50),
        percentile95: recent.percentile(95), percentile99: recent.percentile(99), queue: queue))
    earlier = tally
    earlierSeconds = seconds
  }

  private static func failed(_ tally: Tally, _ outcomes: [Outcome]) -> Int {
    zip(outcomes, tally.outcomes).reduce(0) {
      $0 + ([.failure, .breach].contains($1.0.kind) ? Int($1.1.count) : 0)
    }
  }
}
