/// What a ticket says: a place in one room's queue. Signed, so that it need not be kept.
public struct RoomTicket: Hashable, Sendable {
  public let room: Identifier
  /// The room's generation at the join.
  public let generation: Int
  /// By arrival, from 1; never given twice in a room.
  public let number: Int
  public let visitor: VisitorID
  /// When it was given, in seconds since 1970 by Redis' clock.
  public let issuedAt: Int

  public init(
    room: Identifier, generation: Int, number: Int, visitor: VisitorID, issuedAt: Int
  ) {
    self.room = room
    self.generation = generation
    self.number = number
    self.visitor = visitor
    self.issuedAt = issuedAt
  }
}

/// What an admission token says: its holder may be behind one room until some instant.
public struct RoomAdmission: Hashable, Sendable {
  public let room: Identifier
  public let generation: Int
  public let number: Int
  public let visitor: VisitorID
  /// By Redis' clock.
  public let expiresAt: Instant

  public init(
    room: Identifier, generation: Int, number: Int, visitor: VisitorID, expiresAt: Instant
  ) {
    self.room = room
    self.generation = generation
    self.number = number
    self.visitor = visitor
    self.expiresAt = expiresAt
  }
}

/// What has become of a ticket.
public enum TicketStatus: Sendable, Equatable {
  /// `position` counts from 1; `nil` where no order says it: before a draw, or where lots decide.
  case waiting(position: Int?)
  case admitted(until: Instant)
  /// Lapsed, left, revoked or used up.
  case ended
}
