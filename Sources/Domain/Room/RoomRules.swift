/// The rules of a waiting room in plain Swift: what its scripts must do, one visitor at a time.
///
/// The scripts are the ones that decide; this is their specification, and what random tests compare them
/// with. Of what lots decide it only says what may be.
public struct RoomRules: Sendable {
  /// What a visitor that joins is told.
  public enum Join: Equatable, Sendable {
    case waiting(number: Int, issued: Int)
    case admitted(number: Int, issued: Int, until: Instant)
    case refused
  }

  /// A visitor that waits.
  struct Place: Sendable {
    let number: Int
    /// Seconds since 1970.
    let issued: Int
    var seen: Int
  }

  /// A visitor inside.
  struct Session: Sendable {
    let number: Int
    let issued: Int
    var until: Int64
    /// Takes no place.
    let isExempt: Bool
    /// The visitor knows.
    var isSeen: Bool
  }

  public var terms: RoomTerms
  public private(set) var next = 1
  /// The highest number called.
  public internal(set) var served = 0
  var waiting: [VisitorID: Place] = [:]
  /// Visitors in the order in which they are called, those that wait to be.
  var queue: [(order: Int, visitor: VisitorID)] = []
  /// Visitors by number, those that wait for the draw.
  var prequeue: [(number: Int, visitor: VisitorID)] = []
  /// Who takes part in the draw, once that has begun.
  public internal(set) var draw: PrequeueDraw?
  /// Whether all who took part stand in the order drawn.
  public internal(set) var isDrawn = false
  var sessions: [VisitorID: Session] = [:]
  var credit: Double
  var creditedAt: Int64
  /// Instants and sizes of the admissions of the last second.
  var recent: [(at: Int64, count: Int)] = []
  /// Seconds since 1970 when a node last told of anybody, and since when a grace can run.
  var beat: Int
  var graceFrom: Int

  public init(terms: RoomTerms, now: Instant) {
    self.terms = terms
    credit = max(1, Double(terms.ratePerSecond) / 4)
    creditedAt = now.milliseconds
    beat = Int(now.seconds)
    graceFrom = Int(now.seconds)
  }

  /// Tickets that wait to be called, in order: when each is, its number and whose it is.
  public var line: [(order: Int, number: Int, visitor: VisitorID)] {
    queue.map { ($0.order, waiting[$0.visitor]!.number, $0.visitor) }
  }

  /// Tickets that wait to be called.
  public var waitingCount: Int { queue.count }

  /// Tickets that wait for the draw.
  public var prequeueCount: Int { prequeue.count }

  /// Places taken, those included that are over but not given back yet.
  public var inside: Int { sessions.values.count { !$0.isExempt } }

  /// Visitors inside that take no place, those included that are over but not forgotten yet.
  public var exempt: Int { sessions.values.count { $0.isExempt } }

  // MARK: Visitors

  /// Gives a visitor a ticket, the same as before while it counts.
  public mutating func join(_ visitor: VisitorID, passes: Bool, now: Instant) -> Join {
    heard(now)
    let isOpen = terms.opensAt.map { now >= $0 } ?? true
    let passes = passes || (terms.queueing == .passthrough && isOpen)
    if let session = sessions[visitor] {
      if session.until > now.milliseconds { return see(session, of: visitor, now) }
      sessions[visitor] = nil
    }
    if let place = waiting[visitor] {
      guard passes else {
        waiting[visitor]!.seen = Int(now.seconds)
        return .waiting(number: place.number, issued: place.issued)
      }
      remove(visitor)
      return admit(visitor, place.number, place.issued, now)
    }
    if passes {
      defer { next += 1 }
      return admit(visitor, next, Int(now.seconds), now)
    }
    if terms.queueing == .reject { return .refused }
    defer { next += 1 }
    let issued = Int(now.seconds)
    waiting[visitor] = Place(number: next, issued: issued, seen: issued)
    if isBeforeDraw { prequeue.append((next, visitor)) } else { queue.append((next, visitor)) }
    return .waiting(number: next, issued: issued)
  }

  /// Notes that the holder of a ticket was seen, and says what has become of it.
  public mutating func see(_ visitor: VisitorID, number: Int, now: Instant) -> TicketStatus {
    heard(now)
    if let session = sessions[visitor] {
      guard session.number == number, session.until > now.milliseconds,
        case .admitted(_, _, let until) = see(session, of: visitor, now)
      else { return .ended }
      return .admitted(until: until)
    }
    guard waiting[visitor]?.number == number else { return .ended }
    waiting[visitor]!.seen = Int(now.seconds)
    return .waiting(position: nil)
  }

  /// Gives up a ticket or an admission; false where there is none of this number.
  public mutating func leave(_ visitor: VisitorID, number: Int) -> Bool {
    if sessions[visitor]?.number == number {
      sessions[visitor] = nil
      return true
    }
    guard waiting[visitor]?.number == number else { return false }
    remove(visitor)
    return true
  }

  // MARK: Parts

  /// The session begins when its visitor first hears of it.
  private mutating func see(_ session: Session, of visitor: VisitorID, _ now: Instant) -> Join {
    var session = session
    if !session.isSeen {
      session.isSeen = true
      session.until = now.milliseconds + Int64(terms.sessionSeconds) * 1000
      sessions[visitor] = session
    }
    return .admitted(
      number: session.number, issued: session.issued,
      until: Instant(milliseconds: session.until))
  }

  private mutating func admit(
    _ visitor: VisitorID, _ number: Int, _ issued: Int, _ now: Instant
  ) -> Join {
    let until = now + .seconds(terms.sessionSeconds)
    sessions[visitor] = Session(
      number: number, issued: issued, until: until.milliseconds, isExempt: true, isSeen: true)
    return .admitted(number: number, issued: issued, until: until)
  }

  mutating func remove(_ visitor: VisitorID) {
    guard waiting.removeValue(forKey: visitor) != nil else { return }
    queue.removeAll { $0.visitor == visitor }
    prequeue.removeAll { $0.visitor == visitor }
  }

  /// After a silence of half a grace everybody's grace begins anew: nobody could be seen.
  private mutating func heard(_ now: Instant) {
    let seconds = Int(now.seconds)
    guard seconds > beat else { return }
    if (seconds - beat) * 2 > terms.graceSeconds { graceFrom = seconds }
    beat = seconds
  }
}
