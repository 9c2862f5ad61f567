/// How much a rate policy lets through: `limit` units in a window, of which `burst` may come at once.
///
/// GCRA by virtual scheduling (ATM Forum TM 4.0, section 4.4.2): each unit moves the theoretical
/// arrival of its key on by a `limit`th of the window, and a request conforms while that stays within
/// the burst. All of it is whole numbers: a *lead*, how far the theoretical arrival lies ahead of now,
/// counts in `limit`ths of a microsecond, so that no rate drifts, whatever the window divides by.
public struct RateQuota: Sendable, Hashable {
  /// What a quota may be made of. Together they keep every sum far below the largest exact number of
  /// a Lua script, 2^53.
  public enum Bounds {
    public static let limit = 1...1_000_000
    public static let windowSeconds = 1...86_400
    public static let burst = 1...1_000_000
    /// Units that one request may cost.
    public static let cost = 1...1_000
    /// A burst that was used up is there again within so long: 31 days.
    public static let recoverySeconds = 2_678_400
  }

  /// Units in a window.
  public let limit: Int
  public let windowSeconds: Int
  /// Units that may come at once.
  public let burst: Int

  /// Nil outside of the bounds.
  public init?(limit: Int, windowSeconds: Int, burst: Int) {
    guard Bounds.limit.contains(limit), Bounds.windowSeconds.contains(windowSeconds),
      Bounds.burst.contains(burst), burst * windowSeconds <= limit * Bounds.recoverySeconds
    else { return nil }
    self.limit = limit
    self.windowSeconds = windowSeconds
    self.burst = burst
  }

  static let microsecondsPerSecond = 1_000_000

  public var windowMicroseconds: Int { windowSeconds * Self.microsecondsPerSecond }

  /// The lead of a key whose burst is used up; none is larger.
  public var fullLead: Int { burst * windowMicroseconds }
}

/// When a key's next request would come if requests came evenly: whole microseconds of some clock, and
/// a part of one in `limit`ths.
public struct TheoreticalArrival: Sendable, Hashable {
  public let microseconds: Int
  public let part: Int

  public init(microseconds: Int, part: Int = 0) {
    self.microseconds = microseconds
    self.part = part
  }
}
