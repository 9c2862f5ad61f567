internal import CLibpq
internal import EventLoop

extension PostgresConnection {
  /// Gives up on a request: the caller is told at once, the server is asked to stop.
  func abandon(_ request: PostgresRequest, with error: PostgresError) {
    guard !request.isAbandoned else { return }
    request.complete(.failure(error))
    cancelIfAbandoned()
  }

  /// Asks the server to stop what runs, if nobody waits for anything that was sent: a cancellation stops
  /// whatever the session does when it arrives.
  func cancelIfAbandoned() {
    guard state == .ready, cancellation == nil, !inFlight.isEmpty,
      inFlight.elements.allSatisfy(\.isAbandoned)
    else { return }
    cancellation = Cancellation(
      deadline: loop.milliseconds + configuration.abandonedLimit.milliseconds)
    sendCancel()
  }

  private func sendCancel() {
    guard state == .ready, let cancellation, let cancel = NativeCancel(native) else { return }
    cancellation.isBeingSent = true
    let confined = LoopConfined(self)
    let loop = loop
    LoopThread.start(name: "pg-cancel") {
      cancel.sendAndFree()
      loop.execute { confined.value.cancelSent() }
    }
  }

  private func cancelSent() {
    guard state == .ready, let cancellation else { return }
    cancellation.isBeingSent = false
    if endCancellation() {
      sendHeld()
      onProgress?()
    } else {
      // The server forgets a cancellation that arrives before the statement does, and each stops only one.
      cancellation.again = loop.schedule(after: cancellation.pause()) { [weak self] in
        self?.sendCancel()
      }
    }
  }

  /// True when nothing is being stopped any more: all that was sent has been answered, and no request to
  /// stop it is on its way. What was held back may be sent then.
  func endCancellation() -> Bool {
    guard let cancellation else { return true }
    guard !cancellation.isBeingSent, inFlight.isEmpty else { return false }
    cancellation.again?.cancel()
    self.cancellation = nil
    return true
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
    } else if let cancellation, cancellation.deadline < now {
      fail("the server did not take a cancellation in time")
    }
  }
}
