internal import EventLoop

/// Looks at a run while it goes: shows it, and keeps a point a second.
struct RunWatch: Sendable {
  private var display: ProgressDisplay
  private let outcomes: [Outcome]
  private let start: UInt64
  private(set) var series = TimeSeries()

  /// - Parameter start: the run's first moment on the monotonic clock, in nanoseconds.
  init(_ display: ProgressDisplay, outcomes: [Outcome], start: UInt64) {
    self.display = display
    self.outcomes = outcomes
    self.start = start
  }

  /// How long to wait between two looks.
  var interval: Duration { display.interval }

  /// Seconds since the start.
  var seconds: Double { Double(max(EventLoop.nanoseconds(), start) - start) / 1e9 }

  /// - Parameters:
  ///   - finished: how much of the whole is done, where requests do not tell.
  ///   - queue: who or what is waited for at this moment.
  mutating func look(_ tally: Tally, finished: Int? = nil, queue: Int) {
    let seconds = seconds
    display.show(tally, seconds: seconds, finished: finished)
    series.add(
      tally, outcomes: outcomes, seconds: seconds, moment: EventLoop.nanoseconds(), queue: queue)
  }

  /// Shows the last state, and leaves it standing.
  mutating func end(_ tally: Tally, finished: Int? = nil) {
    display.show(tally, seconds: seconds, finished: finished)
    display.end()
  }
}
