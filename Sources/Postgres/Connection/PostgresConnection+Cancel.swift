internal import CLibpq
internal import EventLoop

extension PostgresConnection {
  /// Gives up on a request: the caller is told at once, the server is asked to stop.
  func abandon(_ request: PostgresRequest, with error: PostgresError) {
    guard !request.isAbandoned else { return }
    request.complete(.failure(error))
    cancelLastIfAbandoned()
  }

  /// Asks the server to stop what runs, if nobody waits for it and nobody else's statement could be
  /// hit: a cancellation stops whatever the session does when it arrives.
  func cancelLastIfAbandoned() {
    guard state == .ready, !isCancelling, inFlight.count == 1, let request = inFlight.first,
      request.isAbandoned, let cancel = NativeCancel(native)
    else { return }
    isCancelling = true
    cancelDeadline = loop.milliseconds + configuration.abandonedLimit.milliseconds
    let confined = LoopConfined(self)
    let loop = loop
    LoopThread.start(name: "pg-cancel") {
      cancel.sendAndFree()
      loop.execute { confined.value.cancelSent() }
    }
  }

  private func cancelSent() {
    isCancelling = false
    guard state == .ready else { return }
    sendHeld()
    onProgress?()
  }

  /// Gives up on requests whose time is over, and on a connection that has fallen silent.
  func sweep(now: UInt64) {
    for request in inFlight.elements where !request.isAbandoned && request.deadline < now {
      metrics.timedOut()
      abandon(
        request,
        with: request.isCommit ? .outcomeUnknown("no answer from Postgres in time") : .timedOut)
    }
    let late = held.elements.filter { $0.deadline < now }
    held.removeAll { $0.deadline < now }
    for request in late { request.complete(.failure(.timedOut)) }
    if let oldest = inFlight.first, oldest.isAbandoned,
      oldest.deadline + configuration.abandonedLimit.milliseconds < now
    {
      fail("the server did not answer in time")
    } else if isCancelling, cancelDeadline < now {
      fail("the server did not take a cancellation in time")
    }
  }
}
