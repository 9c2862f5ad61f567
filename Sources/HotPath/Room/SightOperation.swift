public import Domain

/// Word that the holder of a ticket was seen, and who is told what has become of it. Loop-confined.
open class SightOperation {
  public final let ticket: RoomTicket
  /// The ticket's number, or what a draw made of it; 0 while that is not known.
  final let order: Int

  public init(ticket: RoomTicket, order: Int) {
    self.ticket = ticket
    self.order = order
  }

  /// Told once.
  open func ended(_ outcome: SightOutcome) {}
}

/// What has become of a ticket, as Redis says.
public enum SightOutcome: Equatable, Sendable {
  /// `rank` counts from 1 and is told only for a ticket whose order was called already;
  /// 0 for one that Redis has lost and puts back once its order is told.
  case waiting(rank: Int?)
  case admitted(until: Instant)
  /// Lapsed, left, revoked or used up.
  case over
  case unavailable(Unavailability)
}
