/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Instant: Hashable, Sendable, Comparable {
  /// Since 1970; negative before.
  public let milliseconds: Int64

  /// Milliseconds since 1970.
  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// Seconds since 1970.
  public init(seconds: Int64) {
    self.init(milliseconds: seconds * 1000)
  }

  /// 0000-01-01T00:00:00.000Z, the first instant with a text form.
  public static let earliest = Instant(milliseconds: -62_167_219_200_000)
  /// 9999-12-31T23:59:59.999Z, the last instant with a text form.
  public static let latest = Instant(milliseconds: 253_402_300_799_999)

  /// Whole seconds since 1970, rounded down.
  public var seconds: Int64 {
    let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Whole days since 1970-01-01 in UTC, rounded down.
  public var day: Int {
    let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    return Int(remainder < 0 ? quotient - 1 : quotient)
  }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// The instant `duration` later; a part of a millisecond is dropped.
  public static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(milliseconds: instant.milliseconds + duration.wholeMilliseconds)
  }

  public static func - (instant: Instant, duration: Duration) -> Instant {
    Instant(milliseconds: instant.milliseconds - duration.wholeMilliseconds)
  }

  public static func - (left: Instant, right: Instant) -> Duration {
    .milliseconds(left.milliseconds - right.milliseconds)
  }
}

extension Duration {
  /// The duration in milliseconds, the rest dropped.
  public var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
