internal import EventLoop

extension HTTPServer {
  /// How long idle connections stay when a drain begins: requests that the kernel has already taken
  /// are still read and answered.
  private static let lastRequestsGrace = Duration.milliseconds(10)

  /// Ends service: accepts no more, closes idle connections, lets requests in flight end with
  /// `Connection: close`. Returns when all connections are gone; after `deadline` they are cut.
  public func drain(deadline: Duration) async {
    loop.assertCurrent()
    stopAccepting()
    await loop.sleep(for: Self.lastRequestsGrace)
    for connection in connections.reversed() { connection.closeIfIdle() }
    if !connections.isEmpty { await waitUntilEmpty(deadline) }
    close()
  }

  /// Ends service at once: unanswered requests get no answer.
  public func close() {
    stopAccepting()
    while let connection = connections.last { connection.close() }
    sweepTimer?.cancel()
    sweepTimer = nil
  }

  private func stopAccepting() {
    isDraining = true
    listener?.close()
    listener = nil
  }

  private func waitUntilEmpty(_ deadline: Duration) async {
    var timer: EventLoopTimer?
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      onceEmpty = { [self] in
        onceEmpty = nil
        continuation.resume()
      }
      timer = loop.schedule(after: deadline) { [self] in onceEmpty?() }
    }
    timer?.cancel()
  }
}
