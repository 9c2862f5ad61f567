/// A `timestamptz`: a point in time with the server's own resolution.
public struct PostgresTimestamp: Sendable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Takes milliseconds since 1970-01-01T00:00:00Z.
  public init(milliseconds: Int64) { microseconds = milliseconds * 1000 }

  /// Whole milliseconds since 1970-01-01T00:00:00Z, rounded down.
  public var milliseconds: Int64 {
    (microseconds - (microseconds < 0 ? 999 : 0)) / 1000
  }

  /// Later than every other time.
  public static let infinity = PostgresTimestamp(microseconds: .max)
  /// Earlier than every other time.
  public static let negativeInfinity = PostgresTimestamp(microseconds: .min)

  public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

  /// The server counts from 2000-01-01T00:00:00Z; both infinities are the ends of the range.
  private static let epoch: Int64 = 946_684_800_000_000

  init(wire: Int64) {
    let (sum, overflow) = wire.addingReportingOverflow(Self.epoch)
    microseconds = wire == .min ? .min : overflow ? .max : sum
  }

  var wire: Int64 {
    if self == .infinity { return .max }
    let (difference, overflow) = microseconds.subtractingReportingOverflow(Self.epoch)
    return overflow ? .min : difference
  }
}
