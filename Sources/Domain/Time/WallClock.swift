internal import Synchronization

/// Tells the time of day. Rules are given the time; what asks for it is handed a clock, so that
/// tests turn the hands.
public struct WallClock: Sendable {
  private let read: @Sendable () -> Instant

  /// A clock that `read` tells; it is called from any thread.
  public init(_ read: @escaping @Sendable () -> Instant) {
    self.read = read
  }

  /// The time of day.
  public func now() -> Instant { read() }
}

/// A clock that stands still until it is moved.
public final class ManualClock: Sendable {
  private let time: Mutex<Instant>

  /// Stands at `time`.
  public init(_ time: Instant) {
    self.time = Mutex(time)
  }

  /// Where the clock stands.
  public var now: Instant { time.withLock { $0 } }

  /// Moves the clock on.
  public func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }

  /// Moves the clock to `instant`.
  public func set(_ instant: Instant) { time.withLock { $0 = instant } }

  /// The clock as others are handed it.
  public var clock: WallClock { WallClock { self.now } }
}
