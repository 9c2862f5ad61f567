internal import EventLoop

extension PostgresPool {
  /// Sends a request on a shared connection, now or when its turn comes.
  func submit(_ request: PostgresRequest) {
    enqueue(.send(request))
  }

  /// Gives a connection to itself, now or when its turn comes.
  func lease(_ completion: @escaping (Result<PostgresConnection, PostgresError>) -> Void)
    -> PoolWaiter
  {
    enqueue(.lease(completion))
  }

  @discardableResult
  private func enqueue(_ demand: PoolWaiter.Demand) -> PoolWaiter {
    loop.assertCurrent()
    let waiter = PoolWaiter(
      demand: demand, deadline: loop.milliseconds + configuration.waitTimeout.milliseconds)
    if state == .closed {
      waiter.refuse(unavailability)
    } else if waiters.isEmpty, let connection = connection(for: demand) {
      waiter.serve(with: connection)
      startSweeping()
    } else if waiters.count >= configuration.maximumWaiting {
      metrics.overloaded()
      waiter.refuse(.overloaded)
    } else {
      waiters.append(waiter)
      openWhatIsNeeded()
      startSweeping()
    }
    return waiter
  }

  /// Serves those who wait, strictly in order: a statement that could slip in before a transaction
  /// would keep it from ever finding a connection idle.
  func serveWaiters() {
    while let waiter = waiters.first {
      if !waiter.isOver {
        guard let connection = connection(for: waiter.demand) else { break }
        _ = waiters.popFirst()
        waiter.serve(with: connection)
      } else {
        _ = waiters.popFirst()
      }
    }
    if !waiters.isEmpty { openWhatIsNeeded() }
  }

  /// A connection that can take the demand at once, `nil` when there is none.
  private func connection(for demand: PoolWaiter.Demand) -> PostgresConnection? {
    switch demand {
    case .lease:
      guard let index = shared.firstIndex(where: { $0.isIdle }) else { return nil }
      let connection = shared.remove(at: index)
      leased.append(connection)
      return connection
    case .send:
      if let idle = shared.first(where: { $0.isIdle }) { return idle }
      if opening.isEmpty { open() }
      let open = shared.filter { $0.state == .ready && $0.load < configuration.pipelineDepth }
      // One that stops a statement sends nothing else meanwhile.
      let sending = open.filter { $0.cancellation == nil }
      return (sending.isEmpty ? open : sending).min { $0.load < $1.load }
    }
  }

  /// Takes a leased connection back; one with an unfinished transaction is closed.
  func release(_ connection: PostgresConnection) {
    guard let index = leased.firstIndex(where: { $0 === connection }) else { return }
    leased.remove(at: index)
    if connection.state == .ready, connection.isSettled {
      shared.append(connection)
      serveWaiters()
    } else {
      connection.close()
      openWhatIsNeeded()
    }
  }
}
