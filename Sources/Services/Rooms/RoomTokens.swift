public import Domain

/// Signs and reads the tokens of one room: tickets, admissions, and the names of guests.
///
/// A token is its kind (1 byte), the room's id (16), generation (4), number (8), visitor (16) and an
/// instant (8), all big-endian, then HMAC-SHA-256 (RFC 2104) of these, as base64url. The key is derived
/// from one of the room's secrets, the tenant, the room and the kind: a token of another tenant, another
/// room or another kind has no valid code here.
public struct RoomTokens: Sendable {
  /// What a token is for.
  enum Kind: UInt8, CaseIterable {
    case ticket = 1
    case admission = 2
    case guest = 3
  }

  private struct Keys: Sendable {
    let ticket: HMACKey
    let admission: HMACKey
    let guest: HMACKey

    subscript(kind: Kind) -> HMACKey {
      switch kind {
      case .ticket: ticket
      case .admission: admission
      case .guest: guest
      }
    }
  }

  private let keys: [Keys]
  private let room: Identifier

  /// Characters of a token.
  public static let textCount = Base64URL.encodedCount(bodyCount + HMACKey.digestCount)
  static let bodyCount = 53

  /// - Parameter secrets: the first signs, each verifies. Traps without any.
  public init(tenant: TenantID, room: Identifier, secrets: [[UInt8]]) {
    precondition(!secrets.isEmpty, "a room has a secret")
    self.room = room
    keys = secrets.map { secret in
      let root = HMACKey(secret: secret)
      func key(_ kind: Kind) -> HMACKey {
        let name = Array("spillway room token\n\(kind.rawValue)\n\(tenant)\n\(room)".utf8)
        var derived = [UInt8](repeating: 0, count: HMACKey.digestCount)
        name.withUnsafeBytes { root.authenticate($0, into: &derived) }
        return HMACKey(secret: derived)
      }
      return Keys(ticket: key(.ticket), admission: key(.admission), guest: key(.guest))
    }
  }

  // MARK: Tickets

  /// The text of a ticket of this room.
  public func sign(_ ticket: RoomTicket) -> [UInt8] {
    sign(
      .ticket, generation: ticket.generation, number: ticket.number, visitor: ticket.visitor,
      instant: Int64(ticket.issuedAt))
  }

  /// The ticket of that text; nil when this room has never given it. Any bytes may be given.
  public func ticket(_ text: UnsafeRawBufferPointer) -> RoomTicket? {
    read(.ticket, text) { body in
      RoomTicket(
        room: room, generation: body.generation, number: body.number, visitor: body.visitor,
        issuedAt: Int(body.instant))
    }
  }

  // MARK: Admissions

  public func sign(_ admission: RoomAdmission) -> [UInt8] {
    sign(
      .admission, generation: admission.generation, number: admission.number,
      visitor: admission.visitor, instant: admission.expiresAt.milliseconds)
  }

  /// The admission of that text, which may be over; nil when this room has never given it.
  public func admission(_ text: UnsafeRawBufferPointer) -> RoomAdmission? {
    read(.admission, text) { body in
      RoomAdmission(
        room: room, generation: body.generation, number: body.number, visitor: body.visitor,
        expiresAt: Instant(milliseconds: body.instant))
    }
  }

  // MARK: Guests

  /// The text that a guest's browser keeps.
  public func sign(guest visitor: VisitorID) -> [UInt8] {
    sign(.guest, generation: 0, number: 0, visitor: visitor, instant: 0)
  }

  public func guest(_ text: UnsafeRawBufferPointer) -> VisitorID? {
    read(.guest, text) { $0.visitor }
  }

  // MARK: The form

  private struct Body {
    var generation: Int
    var number: Int
    var visitor: VisitorID
    var instant: Int64
  }

  private func sign(
    _ kind: Kind, generation: Int, number: Int, visitor: VisitorID, instant: Int64
  ) -> [UInt8] {
    var bytes: [UInt8] = [kind.rawValue]
    bytes.reserveCapacity(Self.bodyCount + HMACKey.digestCount)
    bytes += room.binary
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: generation).bigEndian) { bytes += $0 }
    withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).bigEndian) { bytes += $0 }
    bytes += visitor.binary
    withUnsafeBytes(of: UInt64(bitPattern: instant).bigEndian) { bytes += $0 }
    var code = [UInt8](repeating: 0, count: HMACKey.digestCount)
    bytes.withUnsafeBytes { keys[0][kind].authenticate($0, into: &code) }
    var text: [UInt8] = []
    Base64URL.append(bytes + code, to: &text)
    return text
  }

  private func read<Value>(
    _ kind: Kind, _ text: UnsafeRawBufferPointer, _ body: (Body) -> Value
  ) -> Value? {
    guard text.count == Self.textCount else { return nil }
    let count = Self.bodyCount + HMACKey.digestCount
    return withUnsafeTemporaryAllocation(byteCount: count + 1, alignment: 16) { space in
      guard Base64URL.decode(text, into: space.baseAddress!) == count else { return nil }
      let bytes = UnsafeRawBufferPointer(space)
      let message = UnsafeRawBufferPointer(rebasing: bytes[..<Self.bodyCount])
      let code = UnsafeRawBufferPointer(rebasing: bytes[Self.bodyCount..<count])
      guard keys.contains(where: { $0[kind].verify(code, of: message) }) else { return nil }
      // What is signed under the room's own key names kind and room as well.
      func word(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      guard bytes[0] == kind.rawValue, word(1) == room.high, word(9) == room.low else {
        return nil
      }
      return body(
        Body(
          generation: Int(
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 17, as: UInt32.self))),
          number: Int(truncatingIfNeeded: word(21)),
          visitor: VisitorID(high: word(29), low: word(37)),
          instant: Int64(bitPattern: word(45))))
    }
  }
}
