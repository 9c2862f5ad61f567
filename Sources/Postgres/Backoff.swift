internal import EventLoop

/// Waiting times between attempts: exponential with full jitter, so that many clients of a server
/// that comes back do not come back in step.
struct Backoff {
  static let first: Duration = .milliseconds(50)
  static let longest: Duration = .seconds(1)

  private var failures = 0

  /// The time to wait after one more failure.
  mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    let ceiling = min(Self.longest, Self.first * (1 << min(failures, 16)))
    failures += 1
    return .milliseconds(Int64.random(in: 1...Int64(ceiling.milliseconds), using: &generator))
  }

  mutating func next() -> Duration {
    var generator = SystemRandomNumberGenerator()
    return next(using: &generator)
  }

  /// An attempt succeeded.
  mutating func reset() { failures = 0 }
}
