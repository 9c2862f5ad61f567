public import Domain
internal import EventLoop
public import HotPath
internal import Redis

/// Tickets of waiting rooms: what a node can answer by itself, and the rest through Redis. Loop-confined.
public final class TicketService {
  /// The longest and the shortest that a visitor is asked to wait with the next poll.
  public static let pollMilliseconds = 1_000...10_000
  /// How often Redis is asked at most about one ticket that only Redis knows about.
  static let askMilliseconds: UInt64 = 250

  /// What a look at a ticket gave.
  public enum Look {
    /// This room has never given it.
    case forged
    case known(RoomTicket, TicketStatus)
    /// Only Redis can tell: use ``TicketService/ask(_:_:)``.
    case ask(TicketInquiry)
    /// It is of a generation that this node has not heard of yet: use ``TicketService/whenCaughtUp(_:_:)``.
    case ahead
  }

  private let directory: RoomDirectory
  private let loop: EventLoop
  private let memory = TicketMemory()
  private var random = SecureRandom()

  init(directory: RoomDirectory, loop: EventLoop) {
    self.directory = directory
    self.loop = loop
  }

  // MARK: Joining

  /// The visitor that a user is in a room.
  public func visitor(_ user: UserID, of tenant: TenantID) -> VisitorID {
    .user(user, of: tenant)
  }

  /// A guest nobody has seen before.
  public func newGuest() -> VisitorID { .guest(using: &random) }

  /// Has Redis give a ticket; `operation` is told later, or at once if too many wait.
  public func join(_ entry: RoomEntry, _ operation: JoinOperation) {
    entry.path.submit(operation)
  }

  // MARK: Polling

  /// Looks at a ticket by its text, and has its holder told to Redis now and then. Any bytes may be
  /// given.
  @inline(__always)
  public func look(_ entry: RoomEntry, _ text: UnsafeRawBufferPointer) -> Look {
    guard text.count == RoomTokens.textCount else { return .forged }
    let now = loop.milliseconds
    let hash = memory.hash(of: text)
    let index: Int
    let facts = entry.facts
    if let found = memory.find(text, hash), memory[found].pointee.ticket.room == facts.room {
      index = found
      memory[found].pointee.usedAt = now
    } else {
      guard let ticket = entry.tokens.ticket(text) else { return .forged }
      index = memory.insert(ticket, text, hash, now: now)
    }
    let place = memory[index]
    let ticket = place.pointee.ticket
    guard ticket.generation == facts.generation else {
      return ticket.generation > facts.generation ? .ahead : .known(ticket, .ended)
    }
    switch place.pointee.knowledge {
    case .over: return .known(ticket, .ended)
    case .admitted:
      let isOver = place.pointee.until <= entry.redisTime(now) || entry.hasEnded(ticket.number)
      return .known(
        ticket, isOver ? .ended : .admitted(until: Instant(milliseconds: place.pointee.until)))
    case .waiting: return waiting(entry, ticket, hash, index, now)
    }
  }

  private func waiting(
    _ entry: RoomEntry, _ ticket: RoomTicket, _ hash: UInt64, _ index: Int, _ now: UInt64
  ) -> Look {
    if entry.hasEnded(ticket.number) { return .known(ticket, .ended) }
    let place = memory[index]
    let order = entry.order(of: ticket.number)
    let toldAt = place.pointee.toldAt
    let facts = entry.facts
    guard facts.isOrdered, let word = entry.word else {
      // Where lots decide, nobody's order tells.
      if toldAt > 0, now &- toldAt < Self.askMilliseconds {
        return .known(ticket, .waiting(position: nil))
      }
      return ask(ticket, order, hash, index, now)
    }
    // Its turn has come, or came before; or this node has not heard of it yet.
    if (order <= facts.served && !facts.awaitsDraw) || toldAt == 0 {
      return ask(ticket, order, hash, index, now)
    }
    if now &- toldAt >= UInt64(facts.graceMilliseconds / RoomTerms.sightsPerGrace) {
      place.pointee.toldAt = now
      entry.path.submit(
        Sighting(ticket: ticket, order: order, memory: memory, hash: hash, index: index))
    }
    return .known(
      ticket, .waiting(position: facts.awaitsDraw ? nil : word.state.position(of: order)))
  }

  private func ask(
    _ ticket: RoomTicket, _ order: Int, _ hash: UInt64, _ index: Int, _ now: UInt64
  ) -> Look {
    memory[index].pointee.toldAt = now
    return .ask(
      TicketInquiry(ticket: ticket, order: order, memory: memory, hash: hash, index: index))
  }

  /// Asks Redis about a ticket, together with others; `completion` is told later.
  public func ask(
    _ entry: RoomEntry, _ inquiry: TicketInquiry, _ completion: @escaping (SightOutcome) -> Void
  ) {
    inquiry.completion = completion
    entry.path.submit(inquiry)
  }

  /// Runs `body` once the room's state was read lately, or could not be: at once, or soon.
  public func whenFresh(_ entry: RoomEntry, _ body: @escaping () -> Void) {
    directory.whenFresh(entry, body)
  }

  /// Runs `body` once the room's terms and then its state were read again, or could not be.
  public func whenCaughtUp(_ entry: RoomEntry, _ body: @escaping () -> Void) {
    loop.spawn { [directory] in
      await directory.readTerms(of: entry)
      directory.whenFresh(entry, body)
    }
  }

  public func isFresh(_ entry: RoomEntry) -> Bool { entry.isFresh(loop.milliseconds) }

  /// What Redis' outcome means for the ticket's holder; nil where there is none.
  public func status(
    _ outcome: SightOutcome, of ticket: RoomTicket, in entry: RoomEntry
  ) -> TicketStatus? {
    switch outcome {
    case .waiting(rank: 0): .waiting(position: nil)
    case .waiting(let rank): .waiting(position: rank ?? position(of: ticket.number, in: entry))
    case .admitted(let until): .admitted(until: until)
    case .over: .ended
    case .unavailable: nil
    }
  }

  // MARK: Leaving

  /// Gives up a ticket: its place is free at once.
  ///
  /// - Parameter text: the ticket's.
  /// - Returns: false when Redis cannot be asked, does not know the room yet, or knows of too many who left.
  public func leave(
    _ entry: RoomEntry, _ ticket: RoomTicket, _ text: UnsafeRawBufferPointer
  ) async -> Bool {
    let hash = memory.hash(of: text)
    let index = memory.find(text, hash)
    if ticket.generation > entry.room.generation { await directory.readTerms(of: entry) }
    guard ticket.generation == entry.room.generation else {
      return ticket.generation < entry.room.generation
    }
    guard
      let ended = try? await entry.path.leave(
        [(ticket.visitor, ticket.number)], of: entry.key.tenant)
    else {
      return false
    }
    note(ended, in: entry)
    if let index { memory.note(.over, of: hash, at: index) }
    return true
  }

  /// Ends whatever tickets and admissions visitors have.
  ///
  /// - Returns: how many there were, or nil when Redis cannot be asked.
  public func revoke(_ entry: RoomEntry, _ visitors: [VisitorID]) async -> Int? {
    guard
      let ended = try? await entry.path.leave(visitors.map { ($0, nil) }, of: entry.key.tenant)
    else { return nil }
    note(ended, in: entry)
    return ended.count { $0 != 0 }
  }

  /// This loop need not hear of it to know.
  private func note(_ numbers: [Int], in entry: RoomEntry) {
    entry.note(ended: numbers, now: loop.milliseconds)
  }

  // MARK: Telling visitors

  /// The place of a ticket that was just given; nil where no order says it.
  public func position(of number: Int, in entry: RoomEntry) -> Int? {
    let facts = entry.facts
    guard let word = entry.word, facts.isOrdered, !facts.awaitsDraw else { return nil }
    let order = entry.order(of: number)
    return order > facts.served ? word.state.position(of: order) : 1
  }

  /// When the room opens, if it has not yet.
  @inline(__always)
  public func opening(of entry: RoomEntry) -> Instant? {
    let opensAt = entry.facts.opensAt
    guard opensAt > 0, opensAt > entry.redisTime(loop.milliseconds) else { return nil }
    return Instant(milliseconds: opensAt)
  }

  /// Milliseconds until the visitor's turn, about; nil when nothing is known.
  @inline(__always)
  public func estimatedWait(_ position: Int?, in entry: RoomEntry) -> Int? {
    guard entry.word != nil else { return nil }
    let facts = entry.facts
    var wait = 0.0
    if let opening = opening(of: entry) {
      wait = Double(opening.milliseconds - entry.redisTime(loop.milliseconds))
    }
    // Before a draw, or where lots decide, anybody is in the middle.
    let ahead = position ?? max(1, facts.waiting / 2)
    wait += Double(ahead) * facts.millisecondsPerVisitor
    return Int(min(wait, 86_400_000))
  }

  /// Milliseconds until the visitor should ask again: sooner near the front, and never so late that the
  /// ticket could lapse; spread by the ticket's number, so that a crowd that came at once does not stay
  /// in step.
  public func pollDelay(_ number: Int, wait: Int?, in entry: RoomEntry) -> Int {
    let longest = min(Self.pollMilliseconds.upperBound, entry.facts.graceMilliseconds / 3)
    let wanted = max(Self.pollMilliseconds.lowerBound, (wait ?? 0) / 8)
    let delay = min(longest, wanted)
    return max(500, delay - delay / 10 * (number & 3) / 4)
  }
}

/// Word to Redis that a ticket's holder was seen.
class Sighting: SightOperation {
  private let memory: TicketMemory
  private let hash: UInt64
  private let index: Int

  init(ticket: RoomTicket, order: Int, memory: TicketMemory, hash: UInt64, index: Int) {
    self.memory = memory
    self.hash = hash
    self.index = index
    super.init(ticket: ticket, order: order)
  }

  override func ended(_ outcome: SightOutcome) {
    switch outcome {
    case .admitted(let until):
      memory.note(.admitted, until: until.milliseconds, of: hash, at: index)
    case .over: memory.note(.over, of: hash, at: index)
    // It is told again with the next poll, when its order may be known.
    case .waiting(rank: 0): memory.forgetTelling(of: hash, at: index)
    case .waiting: break
    case .unavailable: memory.forgetTelling(of: hash, at: index)
    }
  }
}

/// A question to Redis about one ticket. Loop-confined.
public final class TicketInquiry: SightOperation {
  private let sighting: Sighting
  var completion: ((SightOutcome) -> Void)?

  init(ticket: RoomTicket, order: Int, memory: TicketMemory, hash: UInt64, index: Int) {
    sighting = Sighting(ticket: ticket, order: order, memory: memory, hash: hash, index: index)
    super.init(ticket: ticket, order: order)
  }

  public override func ended(_ outcome: SightOutcome) {
    sighting.ended(outcome)
    completion?(outcome)
    completion = nil
  }
}
