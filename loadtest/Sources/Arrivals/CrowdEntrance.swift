/// Who of a crowd comes when. Open loop: each at the moment of the schedule, whatever became of the others.
/// Closed loop: so many are there at a time, and the next one comes when one has gone.
struct CrowdEntrance: Sendable {
  /// Who comes at which moment of the monotonic clock, in nanoseconds.
  struct Arrival: Sendable, Equatable {
    let member: Int
    let moment: UInt64
  }

  private let arrivals: ArrivalSchedule
  private let start: UInt64
  private let closed: ClosedLoop?
  /// Members that have come, or whose moment is fixed.
  private(set) var begun = 0

  /// - Parameter start: the first moment of the run.
  init(_ arrivals: ArrivalSchedule, closed: ClosedLoop?, start: UInt64) {
    self.arrivals = arrivals
    self.closed = closed
    self.start = start
  }

  /// Those whose moment does not depend on the others.
  mutating func first() -> [Arrival] {
    begun = min(arrivals.count, closed?.clients ?? arrivals.count)
    return (0..<begun).map {
      Arrival(member: $0, moment: start + (closed == nil ? arrivals.start(of: $0) : 0))
    }
  }

  /// Who comes because somebody has gone at `now`; nobody when all have come or the time is over.
  mutating func next(at now: UInt64) -> Arrival? {
    guard let closed, begun < arrivals.count, now - start <= closed.lastStart else { return nil }
    begun += 1
    return Arrival(member: begun - 1, moment: now)
  }
}

/// Clients that each wait for an answer before they ask again.
struct ClosedLoop: Sendable, Equatable {
  let clients: Int
  /// Nothing is begun later than this, in nanoseconds from the start of the run.
  let lastStart: UInt64
}
