/// Whom a room admits next.
public enum Queueing: String, Sendable, CaseIterable {
  /// The lowest order first: by arrival, or as the draw of the pre-queue has it.
  case fifo
  /// Anybody who waits, by lot.
  case random
  /// Everybody at once, without places or rate.
  case passthrough
  /// Nobody: who waits goes on waiting, and nobody joins.
  case reject

  /// Whether a serving order tells who has been called.
  public var isOrdered: Bool { self == .fifo }
}
