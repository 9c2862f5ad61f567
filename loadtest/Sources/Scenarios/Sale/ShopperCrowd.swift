internal import Domain
internal import EventLoop

/// The shoppers of a whole sale on one loop: each comes at its moment, waits in the room where there is
/// one, claims a coupon, orders a piece, and pays or does not. Loop-confined.
final class ShopperCrowd {
  /// What does not change in the course of a run.
  struct Plan: Sendable {
    let terms: SaleTerms
    let load: LoadOptions
    let arrivals: ArrivalSchedule
    let room: Identifier?
    /// Sets the keys of this run apart from those of others.
    let run: String
  }

  let plan: Plan
  let tokens: TokenStore
  var shoppers: [Shopper?] = []
  var tally = Tally(outcomeCount: ShopperOutcome.allCases.count)
  var breaches = Breaches()
  var record: RoomRecord
  /// How long shoppers waited for their turn, and how long it took from coming to having paid.
  var waits = LatencyHistogram()
  var purchases = LatencyHistogram()
  /// Shoppers in the waiting room.
  var queued = 0
  var numbers = SeededNumbers(seed: 1)
  private(set) var done = 0

  /// Is asked for a turn before its first shopper comes.
  var makeTurn: (_ number: Int) async throws -> SaleTurn = { _ in preconditionFailure("no maker") }
  /// Hears that the last shopper of a turn is through.
  var onTurnDone: (SaleTurn) -> Void = { _ in }

  private let loop: EventLoop
  private let pool: ConnectionPool
  private var turns: [Int: SaleTurn] = [:]
  private var making: Set<Int> = []
  private var free: [Int] = []
  private var queue = VisitorQueue()
  private var begun = 0
  private var start: UInt64 = 0
  private var alarm: Alarm?
  private var completion: (() -> Void)?
  private var problem: (any Error)?

  /// How close together moments are looked at, in nanoseconds.
  private static let granularity: UInt64 = 200_000
  /// How often a shopper comes again that was told to, and how long it waits before the first time, in
  /// nanoseconds.
  static let patience = 20
  static let pause: UInt64 = 500_000_000

  init(plan: Plan, tokens: TokenStore, loop: EventLoop) {
    self.plan = plan
    self.tokens = tokens
    self.loop = loop
    record = RoomRecord(
      capacity: plan.terms.room?.capacity ?? .max,
      admissionsPerSecond: plan.terms.room?.admissions ?? 0)
    var limits = WorkerLimits()
    limits.connections = plan.load.connections
    limits.requestTimeout = plan.load.requestTimeout
    pool = ConnectionPool(target: plan.load.target, loop: loop, limits: limits)
  }

  /// Shoppers under way.
  var active: Int { begun - done }

  /// Shoppers that have come so far.
  var came: Int { begun }

  // MARK: Running

  /// Makes the first turn and opens all connections.
  ///
  /// - Throws: when either cannot be had.
  func prepare() async throws {
    turns[0] = try await makeTurn(0)
    try await pool.open()
  }

  /// Lets all shoppers come; returns when the last is through.
  ///
  /// - Throws: when a turn could not be made.
  func run() async throws {
    alarm = try Alarm(loop: loop, granularity: Self.granularity) { [unowned self] in
      actDue(at: EventLoop.nanoseconds())
    }
    pool.write = { [unowned self] in write($0, $1) }
    pool.onAnswer = { [unowned self] in answered($0, $1) }
    pool.onFailure = { [unowned self] in failed($0, $1) }
    start = EventLoop.nanoseconds() + LoadRun.leadTime
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      completion = { continuation.resume() }
      actDue(at: EventLoop.nanoseconds())
    }
    alarm?.cancel()
    pool.close()
    tally.reconnects = pool.reconnects
    if let problem { throw problem }
  }

  private func actDue(at now: UInt64) {
    admit(at: now)
    while let (shopper, due) = queue.pop(at: now) { pool.ask(shopper, due: due) }
    guard completion != nil else { return }
    if let next = queue.next { alarm?.set(to: next, now: now) }
    if isOpenLoop, begun < plan.terms.shoppers {
      alarm?.set(to: start + plan.arrivals.start(of: begun), now: now)
    }
  }

  // MARK: Arrivals

  private var isOpenLoop: Bool { plan.load.closed == nil }

  /// Whether nobody comes any more.
  private func isOver(at now: UInt64) -> Bool {
    if begun == plan.terms.shoppers || problem != nil { return true }
    return plan.load.closed.map { now > start && now - start > $0.lastStart } ?? false
  }

  /// Lets those come whose moment it is.
  private func admit(at now: UInt64) {
    while !isOver(at: now) {
      let moment: UInt64
      if let closed = plan.load.closed {
        guard active < closed.clients else { return }
        moment = max(now, start)
      } else {
        moment = start + plan.arrivals.start(of: begun)
      }
      guard moment <= now else { return }
      let number = begun / plan.terms.users
      guard let turn = turns[number] else { return prepare(number) }
      prepare(number + 1)
      begin(turn, at: moment)
    }
  }

  private func begin(_ turn: SaleTurn, at moment: UInt64) {
    let shopper = Shopper(
      number: begun, user: begun % plan.terms.users, turn: turn,
      step: plan.room == nil ? .look : .join, cameAt: moment)
    begun += 1
    let index: Int
    if let last = free.popLast() {
      index = last
      shoppers[index] = shopper
    } else {
      index = shoppers.count
      shoppers.append(shopper)
    }
    if plan.room != nil { record.began(at: moment) }
    queue.push(index, at: moment)
  }

  /// Has a turn made, unless it is there, is being made, or is none.
  private func prepare(_ number: Int) {
    guard number < plan.terms.turns, turns[number] == nil, making.insert(number).inserted else {
      return
    }
    loop.spawn { [self] in
      do {
        turns[number] = try await makeTurn(number)
      } catch {
        problem = problem ?? error
      }
      actDue(at: EventLoop.nanoseconds())
      finishIfDone()
    }
  }

  // MARK: Steps

  /// What a shopper does next, and when.
  func plan(_ index: Int, _ step: Shopper.Step, at moment: UInt64) {
    shoppers[index]!.step = step
    queue.push(index, at: moment)
    alarm?.set(to: moment, now: EventLoop.nanoseconds())
  }

  /// The shopper has done all that it meant to.
  func conclude(_ index: Int) {
    let shopper = shoppers[index]!
    shoppers[index] = nil
    free.append(index)
    if shopper.joinedAt > 0, shopper.admission.isEmpty { queued -= 1 }
    done += 1
    let turn = shopper.turn
    turn.done += 1
    if turn.done == turn.shoppers {
      turns[turn.number] = nil
      onTurnDone(turn)
    }
    if !isOpenLoop { actDue(at: EventLoop.nanoseconds()) }
    finishIfDone()
  }

  private func finishIfDone() {
    guard done == begun, isOver(at: EventLoop.nanoseconds()), let completion else { return }
    self.completion = nil
    // A turn that time has cut short is judged as well.
    for (_, turn) in turns.sorted(by: { $0.key < $1.key }) where turn.done > 0 { onTurnDone(turn) }
    completion()
  }

  // MARK: Answers

  private func answered(_ request: ConnectionPool.Request, _ response: Response) {
    let now = EventLoop.nanoseconds()
    // The shopper may be through, and its place another's, once its answer is judged.
    let outcome = judge(response, request, now: now)
    count(outcome, request, now)
    tally.service.record(nanoseconds: now - request.sent)
  }

  private func failed(_ request: ConnectionPool.Request, _ failure: ClientFailure) {
    let now = EventLoop.nanoseconds()
    tally.failures[failure.description, default: 0] += 1
    if case .malformed(let problem) = failure {
      breaches.add("malformed answer: \(problem)")
      count(.wrong, request, now)
    } else {
      count(.failed, request, now)
    }
    tryAgain(request.asker, after: 0, now: now)
  }

  private func count(_ outcome: ShopperOutcome, _ request: ConnectionPool.Request, _ now: UInt64) {
    tally.started += 1
    tally.outcomes[outcome.rawValue].record(nanoseconds: now - request.due)
  }
}
