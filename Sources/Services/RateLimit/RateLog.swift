internal import HotPath
internal import Telemetry

/// What the log tells of rate limits: a line a second at most for each kind, with what it stands for.
/// Subjects are not named: they are people.
struct RateLog {
  /// Milliseconds between two lines of one kind.
  static let interval: UInt64 = 1_000

  private let logger: Logger
  private var shadows: [String: Pace] = [:]
  private var unansweredPace = Pace()

  private struct Pace {
    var next: UInt64 = 0
    var count = 0

    /// Counts an event; how many a line stands for, when it is time for one.
    mutating func take(_ now: UInt64) -> Int? {
      count += 1
      guard now >= next else { return nil }
      defer { count = 0 }
      next = now + RateLog.interval
      return count
    }
  }

  init(logger: Logger) { self.logger = logger }

  /// A policy on trial would have refused a request.
  mutating func shadow(_ policy: String, route: String, now: UInt64) {
    guard let count = shadows[policy, default: Pace()].take(now) else { return }
    logger.info(
      "a shadow rate policy would refuse",
      [("policy", .string(policy)), ("route", .string(route)), ("requests", .int(count))])
  }

  /// Redis decided nothing about a request.
  mutating func unanswered(_ reason: Unavailability, isOpen: Bool, now: UInt64) {
    guard let count = unansweredPace.take(now) else { return }
    logger.warning(
      "rate policies cannot be asked",
      [
        ("reason", "\(reason)"), ("requests", .int(count)),
        ("answer", .string(isOpen ? "let through" : "refused")),
      ])
  }
}
