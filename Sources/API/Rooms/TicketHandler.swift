internal import Domain
internal import EventLoop
internal import HTTP
internal import HotPath
internal import Services

/// Answers the tickets' routes on one loop.
///
/// A poll that waits is answered at once, without tasks and without text: this is what the crowd does
/// all the time.
final class TicketHandler {
  private let node: Node

  init(node: Node) { self.node = node }

  // MARK: Rooms

  /// Finds the room of the path and goes on, now or once it was read.
  @inline(__always)
  private func withRoom(_ request: HotRequest, _ body: @escaping (RoomEntry) -> Void) {
    guard let id = Identifier(text: request.exchange.parameter(0)) else {
      return request.refuse(.notFound)
    }
    switch node.roomDirectory.find(id, of: request.tenant.id) {
    case .known(let entry): body(entry)
    case .absent: request.refuse(.notFound)
    case .unread: load(id, request, body)
    }
  }

  private func load(
    _ id: Identifier, _ request: HotRequest, _ body: @escaping (RoomEntry) -> Void
  ) {
    node.loop.spawn { [self] in
      do {
        guard let entry = try await node.roomDirectory.load(id, of: request.tenant.id) else {
          return request.refuse(.notFound)
        }
        body(entry)
      } catch {
        request.refuse(.internalRetryable)
      }
    }
  }

  /// Goes on once the room's state is fresh, or cannot be had.
  @inline(__always)
  private func whenFresh(_ entry: RoomEntry, _ body: @escaping () -> Void) {
    if node.tickets.isFresh(entry) { return body() }
    node.tickets.whenFresh(entry, body)
  }

  // MARK: Joining

  func join(_ request: HotRequest) {
    withRoom(request) { [self] entry in
      whenFresh(entry) { [self] in join(entry, request) }
    }
  }

  private func join(_ entry: RoomEntry, _ request: HotRequest) {
    guard request.exchange.isPending else { return }
    let visitor: VisitorID
    var cookie: [UInt8]?
    var passes = false
    if let principal = request.foundPrincipal {
      visitor = node.tickets.visitor(principal.user, of: request.tenant.id)
      passes = entry.room.bypass.contains(principal.user)
    } else if let known = VisitorCookie.find(in: request).flatMap(entry.tokens.guest) {
      visitor = known
    } else {
      visitor = node.tickets.newGuest()
      cookie = entry.tokens.sign(guest: visitor)
    }
    node.tickets.join(
      entry,
      PendingJoin(
        request: request, entry: entry, tickets: node.tickets, visitor: visitor, passes: passes,
        cookie: cookie))
  }

  // MARK: Polling

  func poll(_ request: HotRequest) {
    guard let id = Identifier(text: request.exchange.parameter(0)) else {
      return request.refuse(.notFound)
    }
    // What the crowd does: a known room, and fresh word of it.
    if case .known(let entry) = node.roomDirectory.find(id, of: request.tenant.id),
      node.tickets.isFresh(entry)
    {
      return poll(entry, request)
    }
    withRoom(request) { [self] entry in
      node.tickets.whenFresh(entry) { [self] in poll(entry, request) }
    }
  }

  /// - Parameter hasCaughtUp: whether the room was read since the request came.
  private func poll(_ entry: RoomEntry, _ request: HotRequest, hasCaughtUp: Bool = false) {
    guard request.exchange.isPending else { return }
    switch node.tickets.look(entry, request.exchange.parameter(1)) {
    case .forged: request.refuse(.forbidden)
    case .known(let ticket, let status): answer(ticket, status, entry, request)
    case .ahead:
      guard !hasCaughtUp else { return request.refuse(.internalRetryable) }
      node.tickets.whenCaughtUp(entry) { [self] in poll(entry, request, hasCaughtUp: true) }
    case .ask(let inquiry):
      let ticket = inquiry.ticket
      node.tickets.ask(entry, inquiry) { [self] outcome in
        guard let status = node.tickets.status(outcome, of: ticket, in: entry) else {
          return request.refuse(.internalRetryable)
        }
        answer(ticket, status, entry, request)
      }
    }
  }

  private func answer(
    _ ticket: RoomTicket, _ status: TicketStatus, _ entry: RoomEntry, _ request: HotRequest
  ) {
    if case .ended = status { return request.refuse(.expired) }
    let text = request.exchange.parameter(1)
    request.respond(status: 200) { output in
      TicketWriter.write(ticket, text, status, entry, node.tickets, to: output)
    }
  }

  // MARK: Leaving

  func leave(_ request: HotRequest) {
    withRoom(request) { [self] entry in
      guard let ticket = entry.tokens.ticket(request.exchange.parameter(1)) else {
        return request.refuse(.forbidden)
      }
      node.loop.spawn { [self] in
        guard await node.tickets.leave(entry, ticket, request.exchange.parameter(1)) else {
          return request.refuse(.internalRetryable)
        }
        request.send(status: 204, contentType: "", headers: { _ in }, body: { _ in })
      }
    }
  }
}
