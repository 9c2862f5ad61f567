/// How a waiting room lets visitors through, as an operator set it.
public struct RoomTerms: Sendable, Equatable {
  /// Visitors that may be inside at once.
  public var capacity: Int
  /// Visitors admitted in any one second, at most.
  public var ratePerSecond: Int
  /// How long an admission lasts once the visitor has seen it.
  public var sessionSeconds: Int
  /// How long a ticket lives without a poll, and how long an admission waits to be seen.
  public var graceSeconds: Int
  /// Before this nobody is admitted; `nil` for a room that is open from the start.
  public var opensAt: Instant?
  /// Whether those who came before ``opensAt`` are put in an order drawn by lot.
  public var prequeueShuffle: Bool
  public var queueing: Queueing
  /// Lets the rate move below ``ratePerSecond`` by what the servers bear; `nil` for a fixed rate.
  public var adaptive: AdaptiveRate?

  public init(
    capacity: Int, ratePerSecond: Int, sessionSeconds: Int, graceSeconds: Int,
    opensAt: Instant? = nil, prequeueShuffle: Bool = false, queueing: Queueing = .fifo,
    adaptive: AdaptiveRate? = nil
  ) {
    self.capacity = capacity
    self.ratePerSecond = ratePerSecond
    self.sessionSeconds = sessionSeconds
    self.graceSeconds = graceSeconds
    self.opensAt = opensAt
    self.prequeueShuffle = prequeueShuffle
    self.queueing = queueing
    self.adaptive = adaptive
  }

  /// A node tells the room of a visitor this often in a grace, not at every poll.
  public static let sightsPerGrace = 4

  /// Milliseconds after the last sight that the room was told of, when a place lapses: so much longer
  /// than the grace that nobody loses a place who polled within it.
  public var lapseMilliseconds: Int {
    graceSeconds * 1000 * (Self.sightsPerGrace + 1) / Self.sightsPerGrace
  }

  /// Bounds of what an operator may ask for.
  public enum Bounds {
    public static let nameLength = 1...200
    public static let capacity = 1...1_000_000
    public static let ratePerSecond = 1...100_000
    public static let sessionSeconds = 1...86_400
    public static let graceSeconds = 5...3_600
    /// Users that pass without waiting.
    public static let bypass = 10_000
    /// Bytes of the place that admitted visitors go on to.
    public static let targetLength = 1...2_048
    /// Tickets that may wait in one room, and visitors that one which takes all may have; more are shed.
    public static let waiting = 5_000_000
    /// Numbers that Redis and each node know to have ended before their admissions do; beyond, nobody can
    /// leave before the admission is over. Who is put out by an operator always is.
    public static let ended = 1_000_000
    /// Of these, how many there may be for tickets that only waited to be noted there as well.
    public static let endedWaiting = 200_000
  }
}

/// How far the admission rate may move by itself, and what it must keep.
public struct AdaptiveRate: Sendable, Equatable {
  /// The rate never falls below this, and never rises above ``RoomTerms/ratePerSecond``.
  public var minimumPerSecond: Int
  /// Highest latency, at the 95th percentile, of the requests behind the room.
  public var maximumP95Milliseconds: Int
  /// Highest share of those requests that may fail, in thousandths.
  public var maximumErrorPermille: Int

  public init(
    minimumPerSecond: Int, maximumP95Milliseconds: Int, maximumErrorPermille: Int
  ) {
    self.minimumPerSecond = minimumPerSecond
    self.maximumP95Milliseconds = maximumP95Milliseconds
    self.maximumErrorPermille = maximumErrorPermille
  }

  /// Bounds of what an operator may ask for.
  public enum Bounds {
    public static let maximumP95Milliseconds = 1...60_000
    public static let maximumErrorPermille = 0...1_000
  }
}
