public import Domain

/// The names of a room's keys. All carry a hash tag of the room's own, so that they share one slot.
public struct RoomKeys: Sendable {
  /// Where nodes hear who has left or was revoked, of all rooms, as "tenant room number...".
  public static let departures = "spillway:rooms:left"

  public let id: Identifier
  public let room: [UInt8]
  public let waiting: [UInt8]
  public let seen: [UInt8]
  public let active: [UInt8]
  public let exempt: [UInt8]
  public let sessions: [UInt8]
  public let ended: [UInt8]
  public let prequeue: [UInt8]
  /// What nodes answer polls from; see `lua/scripts/admit_tickets.lua`.
  public let state: [UInt8]
  /// How the servers behind the room do, as its nodes tell it.
  public let load: [UInt8]

  public init(_ id: Identifier) {
    self.id = id
    let prefix = "spillway:{room.\(id)}:"
    func key(_ name: String) -> [UInt8] { Array("\(prefix)\(name)".utf8) }
    room = key("room")
    waiting = key("waiting")
    seen = key("seen")
    active = key("active")
    exempt = key("exempt")
    sessions = key("sessions")
    ended = key("ended")
    prequeue = key("prequeue")
    state = key("state")
    load = key("load")
  }

  /// The user who came with a guest's admission; as long as it lasts.
  public func owner(of number: Int, generation: Int) -> [UInt8] {
    Array("spillway:{room.\(id)}:owner:\(generation):\(number)".utf8)
  }

  // MARK: In the order of the scripts

  public var forPut: [[UInt8]] { forTickets }
  public var forJoin: [[UInt8]] { [room, waiting, seen, active, exempt, sessions, prequeue] }
  /// For seeing tickets and for leaving.
  public var forTickets: [[UInt8]] {
    [room, waiting, seen, active, exempt, sessions, ended, prequeue]
  }
  public var forAdmission: [[UInt8]] {
    [room, waiting, seen, active, exempt, sessions, ended, state]
  }
  public var forDraw: [[UInt8]] { [room, waiting, prequeue] }
}
