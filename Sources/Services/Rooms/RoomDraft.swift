public import Domain

/// A room as an operator asks for it.
public struct RoomDraft: Sendable, Equatable {
  public var name: String
  public var terms: RoomTerms
  public var target: WaitingTarget?
  public var bypass: Set<UserID>

  public init(
    name: String, terms: RoomTerms, target: WaitingTarget? = nil, bypass: Set<UserID> = []
  ) {
    self.name = name
    self.terms = terms
    self.target = target
    self.bypass = bypass
  }
}

/// What an operator wants changed of a room; `nil` leaves a part as it is.
public struct RoomChange: Sendable, Equatable {
  public typealias Optional = PartChange

  public var name: String?
  public var capacity: Int?
  public var ratePerSecond: Int?
  public var sessionSeconds: Int?
  public var graceSeconds: Int?
  public var opensAt: Optional<Instant> = .keep
  public var queueing: Queueing?
  public var adaptive: Optional<AdaptiveRate> = .keep
  public var target: Optional<WaitingTarget> = .keep
  public var bypass: Set<UserID>?

  public init() {}

  func applied(to room: Room) -> Room {
    var changed = room
    changed.name = name ?? room.name
    changed.terms.capacity = capacity ?? room.terms.capacity
    changed.terms.ratePerSecond = ratePerSecond ?? room.terms.ratePerSecond
    changed.terms.sessionSeconds = sessionSeconds ?? room.terms.sessionSeconds
    changed.terms.graceSeconds = graceSeconds ?? room.terms.graceSeconds
    changed.terms.opensAt = opensAt.applied(to: room.terms.opensAt)
    changed.terms.queueing = queueing ?? room.terms.queueing
    changed.terms.adaptive = adaptive.applied(to: room.terms.adaptive)
    changed.target = target.applied(to: room.target)
    changed.bypass = bypass ?? room.bypass
    return changed
  }
}
