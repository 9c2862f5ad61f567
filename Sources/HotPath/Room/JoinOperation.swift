public import Domain

/// One visitor on the way into a room, and who is told how it ended. Loop-confined.
open class JoinOperation {
  public final let visitor: VisitorID
  /// Whether the visitor is admitted at once and takes no place.
  final let passes: Bool
  /// The room's generation that the script was asked about, which a ticket is of.
  public internal(set) final var generation = 0

  public init(visitor: VisitorID, passes: Bool) {
    self.visitor = visitor
    self.passes = passes
  }

  /// False once nobody wants the ticket any more: it is then not given.
  open var isWaiting: Bool { true }

  /// Told once how the join ended.
  open func ended(_ outcome: JoinOutcome) {}
}

/// How a join ended. Instants are by Redis' clock.
public enum JoinOutcome: Equatable, Sendable {
  /// `issued` in seconds since 1970.
  case waiting(number: Int, issued: Int)
  case admitted(number: Int, issued: Int, until: Instant)
  /// The room takes nobody.
  case refused
  /// Too many wait already.
  case full
  case unavailable(Unavailability)
}

extension JoinOperation: BatchedOperation {
  func failed(_ reason: Unavailability) { ended(.unavailable(reason)) }
}
