internal import EventLoop

extension EventLoop {
  /// Looks every few milliseconds until `condition` holds; false when `limit` has passed first. Call
  /// it on the loop.
  func poll(
    within limit: Duration, every interval: Duration = .milliseconds(10),
    _ condition: () async -> Bool
  ) async -> Bool {
    let end = EventLoop.nanoseconds() + limit.milliseconds * 1_000_000
    while !(await condition()) {
      if EventLoop.nanoseconds() >= end { return false }
      await sleep(for: interval)
    }
    return true
  }
}
