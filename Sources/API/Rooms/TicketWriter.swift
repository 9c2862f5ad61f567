internal import Domain
internal import EventLoop
internal import Services

/// Writes a ticket as visitors see it.
enum TicketWriter {
  /// - Parameter text: the ticket's text.
  static func write(
    _ ticket: RoomTicket, _ text: UnsafeRawBufferPointer, _ status: TicketStatus,
    _ entry: RoomEntry, _ tickets: TicketService, to output: ByteBuffer
  ) {
    output.append(#"{"ticket":""#)
    output.append(text)
    output.append(#"","number":"#)
    output.append(decimal: ticket.number)
    switch status {
    case .waiting(let position):
      let wait = tickets.estimatedWait(position, in: entry)
      append(position, named: #","position":"#, to: output)
      append(wait.map { ($0 + 999) / 1000 }, named: #","estimated_wait_seconds":"#, to: output)
      output.append(#","poll_after_ms":"#)
      output.append(decimal: tickets.pollDelay(ticket.number, wait: wait, in: entry))
      output.append(#","status":"WAITING""#)
      if let opening = tickets.opening(of: entry) {
        output.append(#","opens_at":""#)
        output.append(opening)
        output.append("\"")
      }
      output.append("}")
    case .admitted(let until):
      let admission = RoomAdmission(
        room: ticket.room, generation: ticket.generation, number: ticket.number,
        visitor: ticket.visitor, expiresAt: until)
      output.append(#","position":0,"estimated_wait_seconds":0,"poll_after_ms":"#)
      output.append(decimal: TicketService.pollMilliseconds.upperBound)
      output.append(#","status":"ADMITTED","admission_token":""#)
      entry.tokens.sign(admission).withUnsafeBytes { output.append($0) }
      output.append(#"","admitted_until":""#)
      output.append(until)
      output.append(#""}"#)
    case .ended: preconditionFailure("a ticket that ended is refused")
    }
  }

  private static func append(_ number: Int?, named name: StaticString, to output: ByteBuffer) {
    output.append(name)
    if let number { output.append(decimal: number) } else { output.append("null") }
  }
}
