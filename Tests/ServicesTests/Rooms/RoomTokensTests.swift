import Domain
import Testing

@testable import Services

@Suite struct RoomTokensTests {
  private let room = Identifier(high: 0x0195_D2E0_0000_7000, low: 0x8000_0000_0000_0001)
  private let tenant = TenantID("shop")!

  private func tokens(
    tenant: TenantID? = nil, room: Identifier? = nil, secrets: [UInt8] = [7]
  ) -> RoomTokens {
    RoomTokens(
      tenant: tenant ?? self.tenant, room: room ?? self.room,
      secrets: secrets.map { [UInt8](repeating: $0, count: 32) })
  }

  private var ticket: RoomTicket {
    RoomTicket(
      room: room, generation: 3, number: 123_456, visitor: VisitorID(high: 1, low: 2),
      issuedAt: 1_800_000_000)
  }

  private func read(_ tokens: RoomTokens, _ text: [UInt8]) -> RoomTicket? {
    text.withUnsafeBytes { tokens.ticket($0) }
  }

  @Test func `tickets, admissions and guests are read as they were signed`() {
    let tokens = tokens()
    #expect(read(tokens, tokens.sign(ticket)) == ticket)
    #expect(tokens.sign(ticket).count == RoomTokens.textCount)
    let admission = RoomAdmission(
      room: room, generation: 3, number: 5, visitor: VisitorID(high: .max, low: 0),
      expiresAt: Instant(milliseconds: 1_800_000_000_123))
    #expect(tokens.sign(admission).withUnsafeBytes { tokens.admission($0) } == admission)
    let guest = VisitorID(high: 8, low: 9)
    #expect(tokens.sign(guest: guest).withUnsafeBytes { tokens.guest($0) } == guest)
  }

  @Test func `a token with any bit changed is nobody's`() {
    let tokens = tokens()
    let text = tokens.sign(ticket)
    for position in text.indices {
      var changed = text
      changed[position] =
        changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(read(tokens, changed) == nil, "\(position)")
    }
    #expect(read(tokens, []) == nil)
    #expect(read(tokens, Array(text.dropLast())) == nil)
    #expect(read(tokens, text + [65]) == nil)
  }

  @Test func `a token is of one tenant, one room, one kind and one secret`() {
    let text = tokens().sign(ticket)
    #expect(read(tokens(tenant: TenantID("other")!), text) == nil)
    #expect(read(tokens(room: Identifier(high: room.high, low: room.low + 1)), text) == nil)
    #expect(read(tokens(secrets: [8]), text) == nil)
    #expect(text.withUnsafeBytes { tokens().admission($0) } == nil)
    #expect(text.withUnsafeBytes { tokens().guest($0) } == nil)
    // A secret that was followed by another still verifies.
    #expect(read(tokens(secrets: [8, 7]), text) == ticket)
  }

  @Test func `a user is the same visitor in each room of a tenant, and no guest`() {
    let ann = UserID("ann")!
    #expect(VisitorID.user(ann, of: tenant) == .user(ann, of: tenant))
    #expect(VisitorID.user(ann, of: tenant) != .user(ann, of: TenantID("other")!))
    #expect(VisitorID.user(ann, of: tenant) != .user(UserID("ben")!, of: tenant))
    #expect(!VisitorID.user(ann, of: tenant).isGuest)
    var random = SecureRandom()
    for _ in 0..<20 { #expect(VisitorID.guest(using: &random).isGuest) }
  }
}
