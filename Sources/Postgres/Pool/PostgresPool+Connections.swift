internal import EventLoop

extension PostgresPool {
  /// How often time-outs are looked for while anything is under way.
  static let sweepInterval: Duration = .milliseconds(25)
  /// How often idle connections are looked for while nothing is.
  static let idleSweepInterval: Duration = .seconds(1)

  /// Opens one more connection, unless a pause between attempts is on.
  func open() {
    guard state != .closed, retryTimer == nil,
      openConnections + opening.count < configuration.poolSize
    else { return }
    let connection = PostgresConnection(
      configuration: configuration, loop: loop, metrics: metrics)
    opening.append(connection)
    connection.connect { [weak self, weak connection] error in
      guard let self, let connection else { return }
      opening.removeAll { $0 === connection }
      if let error { openFailed(error) } else { opened(connection) }
    }
  }

  private func opened(_ connection: PostgresConnection) {
    guard state != .closed else {
      connection.close()
      return
    }
    backoff.reset()
    connection.onProgress = { [weak self] in self?.serveWaiters() }
    connection.onClose = { [weak self, weak connection] error in
      guard let self, let connection else { return }
      lost(connection, error)
    }
    shared.append(connection)
    state = .ready
    let ready = readyWaiters
    readyWaiters = []
    for waiter in ready { waiter.finish(nil) }
    serveWaiters()
    tellMetrics()
  }

  private func openFailed(_ error: PostgresError) {
    guard state != .closed else { return }
    if openConnections == 0 { state = .unavailable(error.description) }
    pauseThenOpen()
  }

  private func lost(_ connection: PostgresConnection, _ error: PostgresError) {
    shared.removeAll { $0 === connection }
    leased.removeAll { $0 === connection }
    guard state != .closed else { return }
    tellMetrics()
    if openConnections == 0 { state = .unavailable(error.description) }
    pauseThenOpen()
  }

  private func pauseThenOpen() {
    guard retryTimer == nil else { return }
    retryTimer = loop.schedule(after: backoff.next()) { [weak self] in
      guard let self, state != .closed else { return }
      retryTimer = nil
      metrics.reconnected()
      openWhatIsNeeded()
    }
  }

  /// Opens as many connections as the minimum and the callers that wait ask for.
  func openWhatIsNeeded() {
    let wanted = max(
      configuration.minimumConnections, 1, min(waiters.count, configuration.poolSize))
    let idle = shared.count { $0.isIdle }
    let missing = max(
      configuration.minimumConnections - openConnections - opening.count,
      wanted - idle - opening.count)
    // A server that was away gets one attempt at a time.
    let isAway = openConnections == 0 && state != .connecting
    for _ in 0..<max(0, isAway ? min(1, missing) : missing) { open() }
  }

  // MARK: Time

  /// Looks for time-outs until nothing is under way any more.
  func startSweeping() {
    guard !isSweeping, state != .closed else { return }
    isSweeping = true
    sweptAt = loop.milliseconds
    if sweepTimer == nil {
      sweepTimer = EventLoopTimer(loop: loop) { [weak self] in self?.sweep() }
    }
    sweepTimer?.start(after: Self.sweepInterval, every: Self.sweepInterval)
  }

  private func sweep() {
    let now = loop.milliseconds
    if isSweeping {
      // After a pause of this process, answers may wait in the sockets: they are read before the next look.
      let wasAway = now - sweptAt > 4 * Self.sweepInterval.milliseconds
      sweptAt = now
      hasSkippedSweep = wasAway && !hasSkippedSweep
      if hasSkippedSweep { return }
    }
    for connection in shared + leased { connection.sweep(now: now) }
    for waiter in waiters.elements where waiter.deadline < now { waiter.refuse(unavailability) }
    waiters.removeAll { $0.isOver }
    tellMetrics()
    let late = readyWaiters.filter { $0.deadline < now }
    readyWaiters.removeAll { $0.deadline < now }
    for waiter in late { waiter.finish(unavailability) }
    serveWaiters()
    closeIdle(now: now)
    let isStopping = (shared + leased).contains { $0.cancellation != nil }
    if waiters.isEmpty, readyWaiters.isEmpty, busy == 0, !isStopping { rest() }
  }

  /// Nothing is under way: only connections above the minimum are still to be closed.
  private func rest() {
    isSweeping = false
    if shared.count > configuration.minimumConnections {
      sweepTimer?.start(after: min(configuration.idleTimeout, Self.idleSweepInterval))
    } else {
      sweepTimer?.stop()
    }
  }

  private func closeIdle(now: UInt64) {
    let limit = configuration.idleTimeout.milliseconds
    while openConnections > configuration.minimumConnections,
      let index = shared.lastIndex(where: { $0.isIdle && $0.lastUse + limit < now })
    {
      shared.remove(at: index).close()
    }
  }
}
