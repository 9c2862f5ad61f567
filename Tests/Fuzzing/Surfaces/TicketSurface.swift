import EventLoop
import TestSupport

@testable import Domain
@testable import Services

/// What browsers keep of ours: tickets, admissions, names of guests and of carts. The first byte of an
/// input says how it is read: `t` the rest as it stands, `s` as the numbers of a ticket that the room
/// signs.
final class TicketSurface: Surface {
  static let name = "ticket"
  static let maximumCount = 512
  static let words = ["t", "s", "A", "AQ", "_", "-", "=", "====", "AAAAAAAA", "________", "\0"]

  private let room: RoomTokens
  private let rotated: RoomTokens
  private let other: RoomTokens
  private let carts: CartTokens

  init(loop: EventLoop) throws {
    let tenant = TenantID("shop")!
    let (old, new) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
    let name = Identifier(high: 1, low: 2)
    room = RoomTokens(tenant: tenant, room: name, secrets: [old])
    rotated = RoomTokens(tenant: tenant, room: name, secrets: [new, old])
    other = RoomTokens(tenant: tenant, room: Identifier(high: 1, low: 3), secrets: [old])
    carts = CartTokens(tenant: tenant, secrets: [old])
  }

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let rest = Array(input.dropFirst())
    return input.first == UInt8(ascii: "s") ? try sign(rest) : try read(rest)
  }

  /// Any bytes: only the very text that the room would give is read.
  private func read(_ text: [UInt8]) throws(Breach) -> String {
    var outcome = "none"
    if let ticket = text.withUnsafeBytes({ room.ticket($0) }) {
      try Breach.unless(room.sign(ticket) == text, "a forged ticket is read")
      outcome = "ticket"
    }
    if let admission = text.withUnsafeBytes({ room.admission($0) }) {
      try Breach.unless(room.sign(admission) == text, "a forged admission is read")
      outcome = "admission"
    }
    if let guest = text.withUnsafeBytes({ room.guest($0) }) {
      try Breach.unless(room.sign(guest: guest) == text, "a forged guest is read")
      outcome = "guest"
    }
    if let guest = text.withUnsafeBytes({ carts.guest($0) }) {
      try Breach.unless(Array(carts.sign(guest).utf8) == text, "a forged cart is read")
      outcome = "cart"
    }
    try canonical(text)
    return outcome
  }

  private func canonical(_ text: [UInt8]) throws(Breach) {
    let text = String(decoding: text, as: UTF8.self)
    guard let bytes = Base64URL.decode(text) else { return }
    try Breach.unless(Base64URL.encode(bytes) == text, "two texts stand for the same bytes")
  }

  /// Any numbers: what is signed is read as it was, by this room only and as this kind only.
  private func sign(_ bytes: [UInt8]) throws(Breach) -> String {
    let numbers = Numbers(bytes)
    let ticket = RoomTicket(
      room: Identifier(high: 1, low: 2), generation: Int(numbers.generation),
      number: Int(numbers.number), visitor: numbers.visitor, issuedAt: Int(numbers.instant))
    let text = room.sign(ticket)
    try Breach.unless(text.count == RoomTokens.textCount, "a ticket of another length")
    try Breach.unless(text.withUnsafeBytes { room.ticket($0) } == ticket, "another ticket is read")
    try Breach.unless(
      text.withUnsafeBytes { rotated.ticket($0) } == ticket, "an older secret's ticket is not read")
    try Breach.unless(
      text.withUnsafeBytes { other.ticket($0) } == nil, "another room reads the ticket")
    try Breach.unless(
      text.withUnsafeBytes { room.admission($0) } == nil, "a ticket is read as an admission")
    let admission = RoomAdmission(
      room: ticket.room, generation: ticket.generation, number: ticket.number,
      visitor: ticket.visitor, expiresAt: Instant(milliseconds: numbers.instant))
    let admitted = room.sign(admission)
    try Breach.unless(
      admitted.withUnsafeBytes { room.admission($0) } == admission, "another admission is read")
    try Breach.unless(
      admitted.withUnsafeBytes { room.ticket($0) } == nil, "an admission is read as a ticket")
    return "signed"
  }

  private struct Numbers {
    let generation: UInt32
    let number: Int64
    let instant: Int64
    let visitor: VisitorID

    init(_ bytes: [UInt8]) {
      var words = [UInt64](repeating: 0, count: 5)
      for (position, byte) in bytes.prefix(40).enumerated() {
        words[position / 8] = words[position / 8] << 8 | UInt64(byte)
      }
      generation = UInt32(truncatingIfNeeded: words[0])
      number = Int64(bitPattern: words[1])
      instant = Int64(bitPattern: words[2])
      visitor = VisitorID(high: words[3], low: words[4])
    }
  }
}
