internal import EventLoop

/// Sends one loop's share of a schedule over its own connections. Loop-confined.
///
/// Open loop: a request that is due takes an idle connection at once; while there is none it waits,
/// its latency already running. Closed loop: each connection is a client that sends its next request when
/// it has the answer to the one before.
final class Worker {
  private struct Lane {
    let connection: ClientConnection
    /// The request in flight.
    var request = 0
    var due: UInt64 = 0
    var sent: UInt64 = 0
    var reconnectDelay: Duration
  }

  private(set) var tally: Tally

  let loop: EventLoop
  private let driver: any RequestDriver
  private let share: ScheduleShare
  private let target: Target
  private let limits: WorkerLimits

  private var lanes: [Lane] = []
  private var idle: IdleRing
  private var nextRequest = 0
  private var nextDue: UInt64
  private var inFlight = 0
  private var openLanes = 0
  private var startedAt: UInt64 = 0
  private var isRunning = false
  private var alarm: Alarm?
  private var sweeper: EventLoopTimer?
  private var completion: (() -> Void)?

  init(
    loop: EventLoop, target: Target, share: ScheduleShare, driver: any RequestDriver,
    outcomeCount: Int, limits: WorkerLimits
  ) {
    self.loop = loop
    self.target = target
    self.share = share
    self.driver = driver
    self.limits = limits
    tally = Tally(outcomeCount: outcomeCount)
    idle = IdleRing(capacity: limits.connections)
    nextDue = share.start(of: 0)
  }

  // MARK: Connections

  /// Opens all connections.
  ///
  /// - Throws: the first failure; there is no load then.
  func connect() async throws(EventLoopError) {
    alarm = try Alarm(loop: loop, granularity: limits.alarmGranularity) { [unowned self] in
      sendDue(at: EventLoop.nanoseconds())
    }
    for index in 0..<limits.connections {
      let connection = ClientConnection(
        address: target.address, loop: loop, checksContract: limits.checksContract)
      connection.onResponse = { [unowned self] in answered($0, lane: index) }
      connection.onFailure = { [unowned self] in failed($0, lane: index) }
      lanes.append(
        Lane(connection: connection, reconnectDelay: limits.shortestReconnectDelay))
    }
    for index in lanes.indices {
      try await lanes[index].connection.open(deadline: limits.connectTimeout)
      openLanes += 1
      idle.push(index)
    }
  }

  private func reopen(lane index: Int) {
    openLanes -= 1
    guard isRunning else { return }
    loop.spawn { [self] in
      while isRunning {
        await loop.sleep(for: lanes[index].reconnectDelay)
        lanes[index].reconnectDelay = min(
          lanes[index].reconnectDelay * 2, limits.longestReconnectDelay)
        guard isRunning else { return }
        do throws(EventLoopError) {
          try await lanes[index].connection.open(deadline: limits.connectTimeout)
        } catch {
          continue
        }
        // The run has ended meanwhile, and has closed the others.
        guard isRunning else { return lanes[index].connection.close() }
        openLanes += 1
        tally.reconnects += 1
        idle.push(index)
        sendDue(at: EventLoop.nanoseconds())
        return
      }
    }
  }

  // MARK: Running

  /// Sends the whole share and returns when the last answer is there or given up on.
  ///
  /// - Parameter start: the run's first moment, in nanoseconds of the monotonic clock.
  func run(from start: UInt64) async {
    startedAt = start
    isRunning = true
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      completion = { continuation.resume() }
      sweeper = EventLoopTimer(loop: loop) { [unowned self] in sweep() }
      sweeper?.start(after: limits.sweep, every: limits.sweep)
      alarm?.set(to: start, now: EventLoop.nanoseconds())
      finishIfDone()
    }
    isRunning = false
    close()
  }

  /// Ends all that hangs on the loop: the worker may be let go of elsewhere then.
  func close() {
    alarm?.cancel()
    sweeper?.cancel()
    for lane in lanes { lane.connection.close() }
  }

  /// Sends nothing more; ``run(from:)`` returns once the requests in flight have ended.
  func cancel() {
    nextRequest = share.count
    finishIfDone()
  }

  /// Sends what is due by `now`, as far as idle connections last, and sets the alarm for the rest.
  private func sendDue(at now: UInt64) {
    if now - min(now, startedAt) > limits.lastStart { nextRequest = share.count }
    while nextRequest < share.count, startedAt + nextDue <= now, let index = idle.pop() {
      // A connection that ended between two requests is found here, when its turn comes.
      guard lanes[index].connection.isOpen else {
        reopen(lane: index)
        continue
      }
      send(lane: index, at: now)
    }
    guard nextRequest < share.count else { return finishIfDone() }
    // Without an idle connection the next answer sends, not the alarm.
    if !idle.isEmpty { alarm?.set(to: startedAt + nextDue, now: now) }
  }

  private func send(lane index: Int, at now: UInt64) {
    let connection = lanes[index].connection
    lanes[index].request = nextRequest
    lanes[index].due = limits.isClosed ? now : startedAt + nextDue
    lanes[index].sent = now
    driver.write(request: nextRequest, into: connection.output)
    nextRequest += 1
    nextDue = share.start(of: nextRequest)
    inFlight += 1
    tally.started += 1
    connection.send()
  }

  private func answered(_ response: Response, lane index: Int) {
    let now = EventLoop.nanoseconds()
    let lane = lanes[index]
    let outcome = driver.receive(response, to: lane.request)
    tally.outcomes[outcome].record(nanoseconds: now - lane.due)
    tally.service.record(nanoseconds: now - lane.sent)
    inFlight -= 1
    lanes[index].reconnectDelay = limits.shortestReconnectDelay
    if lane.connection.isOpen { idle.push(index) } else { reopen(lane: index) }
    sendDue(at: now)
  }

  private func failed(_ failure: ClientFailure, lane index: Int) {
    let lane = lanes[index]
    count(failure, request: lane.request, due: lane.due)
    inFlight -= 1
    reopen(lane: index)
    finishIfDone()
  }

  private func count(_ failure: ClientFailure, request: Int, due: UInt64) {
    let outcome = driver.fail(request: request, failure)
    tally.outcomes[outcome].record(nanoseconds: EventLoop.nanoseconds() - due)
    tally.failures[failure.description, default: 0] += 1
  }

  /// Gives up on late answers, and on requests that no connection could be had for.
  private func sweep() {
    let now = EventLoop.nanoseconds()
    let limit = limits.requestTimeout.milliseconds * 1_000_000
    for lane in lanes where lane.connection.isBusy && now - lane.sent > limit {
      lane.connection.timeOut()
    }
    guard openLanes == 0 else { return }
    while nextRequest < share.count, startedAt + nextDue + limit < now {
      count(
        .unreachable("no connection in time"), request: nextRequest, due: startedAt + nextDue)
      nextRequest += 1
      nextDue = share.start(of: nextRequest)
      tally.started += 1
    }
    finishIfDone()
  }

  private func finishIfDone() {
    guard nextRequest >= share.count, inFlight == 0, let completion else { return }
    self.completion = nil
    alarm?.cancel()
    sweeper?.cancel()
    completion()
  }
}
