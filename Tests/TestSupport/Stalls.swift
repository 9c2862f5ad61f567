internal import EventLoop
internal import Glibc
internal import Synchronization

/// How long this process could do nothing because the machine stood still, or had no time for it.
enum Stalls {
  /// How long the thread that watches sleeps at a time, and how much later it may wake without a stall.
  private static let interval = Duration.milliseconds(20)
  private static let slack = Duration.milliseconds(200)

  private struct Watch {
    var total = Duration.zero
    var wokeAt = ContinuousClock.now

    /// How much too late the next waking is by now.
    var lateness: Duration {
      let late = ContinuousClock.now - wokeAt - interval
      return late > slack ? late : .zero
    }
  }

  private static let watch = Mutex(Watch())

  private static let thread: Void = LoopThread.start(name: "stalls") {
    while true {
      usleep(20_000)
      watch.withLock {
        $0.total += $0.lateness
        $0.wokeAt = .now
      }
    }
  }

  /// Since somebody asked for the first time; a stall that has not ended is in it.
  static var total: Duration {
    thread
    return watch.withLock { $0.total + $0.lateness }
  }
}

/// Measures how long something takes, and stops while the machine stands still: for tests of what must happen
/// within a time.
public struct Stopwatch: Sendable {
  private let start: ContinuousClock.Instant
  private let before: Duration

  /// Starts.
  public init() {
    before = Stalls.total
    start = .now
  }

  /// What has passed since, less stalls.
  public var elapsed: Duration { ContinuousClock.now - start - (Stalls.total - before) }
}
