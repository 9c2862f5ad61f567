/// The pauses between attempts to connect: exponential with full jitter, so that many clients of a
/// server that comes back do not arrive together.
struct ReconnectBackoff {
  private var failures = 0

  /// Begins anew after a success.
  mutating func reset() { failures = 0 }

  /// The next pause: anything up to a bound that doubles with each failure in a row.
  mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    let bound = min(
      RedisLimits.backoff.shortest.milliseconds << min(failures, 16),
      RedisLimits.backoff.longest.milliseconds)
    failures += 1
    return .milliseconds(Int.random(in: 1...Int(bound), using: &generator))
  }
}
