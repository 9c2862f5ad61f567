internal import Domain
internal import EventLoop
internal import HotPath
internal import Services

/// A visitor that waits for a ticket; it writes the answer.
final class PendingJoin: JoinOperation {
  private let request: HotRequest
  private let entry: RoomEntry
  private let tickets: TicketService
  /// What a new guest's browser is to keep.
  private let cookie: [UInt8]?

  init(
    request: HotRequest, entry: RoomEntry, tickets: TicketService, visitor: VisitorID,
    passes: Bool, cookie: [UInt8]?
  ) {
    self.request = request
    self.entry = entry
    self.tickets = tickets
    self.cookie = cookie
    super.init(visitor: visitor, passes: passes)
  }

  override var isWaiting: Bool { request.exchange.isPending }

  override func ended(_ outcome: JoinOutcome) {
    switch outcome {
    case .waiting(let number, let issued):
      respond(number, issued, .waiting(position: tickets.position(of: number, in: entry)))
    case .admitted(let number, let issued, let until):
      respond(number, issued, .admitted(until: until))
    case .refused: request.refuse(.closed)
    case .full, .unavailable: request.refuse(.internalRetryable)
    }
  }

  private func respond(_ number: Int, _ issued: Int, _ status: TicketStatus) {
    let ticket = RoomTicket(
      room: entry.room.id, generation: generation, number: number, visitor: visitor,
      issuedAt: issued)
    let text = entry.tokens.sign(ticket)
    request.respond(status: 201) { output in
      guard let cookie else { return }
      VisitorCookie.write(cookie, room: entry.room.id, of: request, to: output)
    } data: { output in
      text.withUnsafeBytes {
        TicketWriter.write(ticket, $0, status, entry, tickets, to: output)
      }
    }
  }
}
