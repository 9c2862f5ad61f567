internal import EventLoop

/// What a loop of steps sleeps on: a raised flag ends the sleep, or the next one before it begins.
/// Loop-confined.
final class Wake {
  private let loop: EventLoop
  private var isRaised = false
  private var sleeper: CheckedContinuation<Void, Never>?
  private var timer: EventLoopTimer?

  init(loop: EventLoop) { self.loop = loop }

  func raise() {
    isRaised = true
    resume()
  }

  /// Suspends until raised or `limit` has passed.
  func wait(upTo limit: Duration) async {
    if !isRaised {
      if timer == nil { timer = EventLoopTimer(loop: loop) { [weak self] in self?.resume() } }
      await withCheckedContinuation { continuation in
        sleeper = continuation
        timer?.start(after: limit)
      }
    }
    isRaised = false
  }

  private func resume() {
    timer?.stop()
    sleeper?.resume()
    sleeper = nil
  }
}
