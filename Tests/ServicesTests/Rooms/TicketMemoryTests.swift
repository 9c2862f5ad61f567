import Domain
import TestSupport
import Testing

@testable import Services

@Suite struct TicketMemoryTests {
  private let tokens = RoomTokens(
    tenant: TenantID("shop")!, room: Identifier(high: 1, low: 2),
    secrets: [[UInt8](repeating: 7, count: 32)])

  private func ticket(_ number: Int) -> RoomTicket {
    RoomTicket(
      room: Identifier(high: 1, low: 2), generation: 1, number: number,
      visitor: VisitorID(high: 1, low: UInt64(number)), issuedAt: 1)
  }

  @Test func `tickets are found by their whole text`() {
    let memory = TicketMemory(capacity: 1024)
    for number in 1...200 {
      tokens.sign(ticket(number)).withUnsafeBytes { text in
        let hash = memory.hash(of: text)
        #expect(memory.find(text, hash) == nil)
        let index = memory.insert(ticket(number), text, hash, now: UInt64(number))
        #expect(memory.find(text, hash) == index)
        #expect(memory[index].pointee.ticket == ticket(number))
      }
    }
    var other = tokens.sign(ticket(1))
    other[40] = other[40] == 65 ? 66 : 65
    other.withUnsafeBytes { text in #expect(memory.find(text, memory.hash(of: text)) == nil) }
  }

  @Test func `a full memory gives up what was used longest ago`() {
    let memory = TicketMemory(capacity: 16)
    for number in 1...17 {
      tokens.sign(ticket(number)).withUnsafeBytes { text in
        _ = memory.insert(ticket(number), text, memory.hash(of: text), now: UInt64(number))
      }
    }
    for number in 1...17 {
      tokens.sign(ticket(number)).withUnsafeBytes { text in
        #expect((memory.find(text, memory.hash(of: text)) == nil) == (number == 1))
      }
    }
  }

  @Test func `a crowd of 200,000 pushes hardly anybody out`() {
    // A sixteenth of it, with a sixteenth of the places.
    let memory = TicketMemory(capacity: TicketMemory.capacity / 16)
    var random = SeededGenerator(seed: 1)
    var texts: [[UInt8]] = []
    for number in 1...12_500 {
      let text = (0..<RoomTokens.textCount).map { _ in UInt8.random(in: 0...255, using: &random) }
      text.withUnsafeBytes { text in
        _ = memory.insert(ticket(number), text, memory.hash(of: text), now: UInt64(number))
      }
      texts.append(text)
    }
    let found = texts.count { text in
      text.withUnsafeBytes { memory.find($0, memory.hash(of: $0)) != nil }
    }
    #expect(found >= 12_490)
  }

  @Test func `a ticket takes 224 bytes`() {
    #expect(TicketMemory.bytesPerTicket == 224)
  }

  @Test func `what is learnt of a ticket that was given up is not noted of another`() {
    let memory = TicketMemory(capacity: 4)
    tokens.sign(ticket(1)).withUnsafeBytes { text in
      let hash = memory.hash(of: text)
      let index = memory.insert(ticket(1), text, hash, now: 1)
      memory.note(.over, of: hash ^ 2, at: index)
      #expect(memory[index].pointee.knowledge == .waiting)
      memory.note(.admitted, until: 9, of: hash, at: index)
      #expect(memory[index].pointee.knowledge == .admitted)
      #expect(memory[index].pointee.until == 9)
    }
  }
}
