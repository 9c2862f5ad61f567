internal import Domain
internal import EventLoop

/// The visitors of a run on one loop: each joins, asks at the pace it is told, and behaves as its plan
/// says. Loop-confined.
final class RoomCrowd {
  let room: Identifier
  let options: RoomOptions
  var visitors: [Visitor]
  var record: RoomRecord
  var tally = Tally(outcomeCount: RoomOutcome.allCases.count)
  /// How long visitors waited for their turn.
  var waits = LatencyHistogram()
  /// Visitors that lapsed, and those of them that joined anew.
  var lapsed = 0
  var returned = 0
  var numbers: SeededNumbers

  private let host: String
  private let loop: EventLoop
  private let pool: ConnectionPool
  private let closed: ClosedLoop?
  private var entrance: CrowdEntrance?
  private var queue = VisitorQueue()
  private var alarm: Alarm?
  private(set) var done = 0
  private var end: UInt64 = .max
  private var completion: (() -> Void)?

  /// How close together moments are looked at, in nanoseconds.
  private static let granularity: UInt64 = 500_000

  init(room: Identifier, options: RoomOptions, load: LoadOptions, loop: EventLoop) {
    self.room = room
    self.options = options
    self.loop = loop
    host = load.target.host
    closed = load.closed
    visitors = (0..<options.visitors).map {
      Visitor(plan: VisitorPlan(visitor: $0, behaviour: options.behaviour, seed: options.seed))
    }
    record = RoomRecord(capacity: options.capacity, admissionsPerSecond: options.admissions)
    numbers = SeededNumbers(seed: options.seed)
    var limits = WorkerLimits()
    limits.connections = load.connections
    limits.requestTimeout = load.requestTimeout
    pool = ConnectionPool(target: load.target, loop: loop, limits: limits)
  }

  // MARK: Running

  /// Lets all visitors come and go, for `limit` at most.
  func run(_ arrivals: ArrivalSchedule, limit: Duration) async throws(EventLoopError) {
    alarm = try Alarm(loop: loop, granularity: Self.granularity) { [unowned self] in
      actDue(at: EventLoop.nanoseconds())
    }
    pool.write = { [unowned self] in write($0, $1) }
    pool.onAnswer = { [unowned self] in answered($0, $1) }
    pool.onFailure = { [unowned self] in failed($0, $1) }
    try await pool.open()
    let start = EventLoop.nanoseconds()
    end = start + limit.milliseconds * 1_000_000
    let watch = EventLoopTimer(loop: loop) { [unowned self] in
      if EventLoop.nanoseconds() > end { giveUp() }
    }
    watch.start(after: .seconds(1), every: .seconds(1))
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      completion = { continuation.resume() }
      var entrance = CrowdEntrance(arrivals, closed: closed, start: start)
      for arrival in entrance.first() { queue.push(arrival.member, at: arrival.moment) }
      self.entrance = entrance
      actDue(at: start)
    }
    watch.cancel()
    alarm?.cancel()
    pool.close()
    tally.reconnects = pool.reconnects
  }

  private func giveUp() {
    let waiting = (entrance?.begun ?? 0) - done
    record.note("\(waiting) visitors were not through in time")
    finish()
  }

  /// Visitors who were given a place and wait for their turn.
  var waiting: Int { visitors.count { $0.number > 0 && !$0.isInside && !$0.isDone } }

  private func finish() {
    let completion = completion
    self.completion = nil
    completion?()
  }

  private func actDue(at now: UInt64) {
    while let (visitor, due) = queue.pop(at: now) { act(visitor, due) }
    if completion != nil, let next = queue.next { alarm?.set(to: next, now: now) }
  }

  private func act(_ visitor: Int, _ due: UInt64) {
    if visitors[visitor].step == .outlast {
      leaveInside(visitor)
      return plan(visitor, .lookBack, at: due + UInt64(Self.lookBackDelay) * 1_000_000)
    }
    if visitors[visitor].step == .join {
      record.began(at: due)
      if visitors[visitor].askedAt == 0 { visitors[visitor].askedAt = due }
    }
    pool.ask(visitor, due: due)
  }

  /// What a visitor does next, and when.
  func plan(_ visitor: Int, _ step: Visitor.Step, at moment: UInt64) {
    visitors[visitor].step = step
    queue.push(visitor, at: moment)
    alarm?.set(to: moment, now: EventLoop.nanoseconds())
  }

  /// The visitor has done all that it meant to.
  func conclude(_ visitor: Int) {
    visitors[visitor].step = .none
    done += 1
    if let next = entrance?.next(at: EventLoop.nanoseconds()) {
      plan(next.member, .join, at: next.moment)
    } else if done == entrance?.begun {
      finish()
    }
  }

  func leaveInside(_ visitor: Int) {
    guard visitors[visitor].isInside else { return }
    visitors[visitor].isInside = false
    record.departed()
  }

  // MARK: Requests

  private func write(_ visitor: Int, _ output: ByteBuffer) {
    let state = visitors[visitor]
    switch state.step {
    case .join, .reload:
      output.append("POST /v1/rooms/\(room)/tickets HTTP/1.1\r\nHost: \(host)\r\n")
      output.append("Content-Length: 0\r\n")
      if !state.cookie.isEmpty {
        output.append("Cookie: ")
        output.append(state.cookie)
        output.append("\r\n")
      }
    case .leave, .depart:
      // The server goes on counting until it has read this.
      leaveInside(visitor)
      write("DELETE", state, output)
      output.append("Content-Length: 0\r\n")
    case .poll, .lookBack, .comeBack: write("GET", state, output)
    case .outlast, .none: preconditionFailure("nothing is asked")
    }
    output.append("\r\n")
  }

  private func write(_ method: StaticString, _ visitor: Visitor, _ output: ByteBuffer) {
    output.append(method)
    output.append(" /v1/rooms/\(room)/tickets/")
    output.append(visitor.ticket)
    output.append(" HTTP/1.1\r\nHost: \(host)\r\n")
  }

  private func answered(_ request: ConnectionPool.Request, _ response: Response) {
    let now = EventLoop.nanoseconds()
    let outcome = judge(response, request, now: now)
    if outcome != .unavailable { visitors[request.asker].failures = 0 }
    count(outcome, request, now)
    tally.service.record(nanoseconds: now - request.sent)
  }

  private func failed(_ request: ConnectionPool.Request, _ failure: ClientFailure) {
    let now = EventLoop.nanoseconds()
    tally.failures[failure.description, default: 0] += 1
    if case .malformed(let problem) = failure {
      record.note("malformed answer: \(problem)")
      count(.wrong, request, now)
    } else {
      count(.failed, request, now)
    }
    tryAgain(request.asker, after: 0, now: now)
  }

  private func count(_ outcome: RoomOutcome, _ request: ConnectionPool.Request, _ now: UInt64) {
    tally.started += 1
    tally.outcomes[outcome.rawValue].record(nanoseconds: now - request.due)
  }

  /// The same step again, ever later, as the visitor's page does.
  func tryAgain(_ visitor: Int, after seconds: Int, now: UInt64) {
    visitors[visitor].failures += 1
    let most = min(60_000, 1000 << min(visitors[visitor].failures, 6))
    let delay = seconds * 1000 + Int.random(in: most / 2...most, using: &numbers)
    plan(visitor, visitors[visitor].step, at: now + UInt64(delay) * 1_000_000)
  }

  /// Milliseconds after the end of an admission at which its visitor looks whether it is over.
  static let lookBackDelay = 1_500
}
