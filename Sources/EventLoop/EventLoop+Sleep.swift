extension EventLoop {
  /// Suspends the calling function, which must run on this loop, for `delay`.
  ///
  /// Returns early, without an error, when the task is cancelled; behind a turn of the loop at the soonest:
  /// whoever looks again and again until a time is over goes by the loop's clock, which stands within one.
  public func sleep(for delay: Duration) async {
    assertCurrent()
    let sleeper = LoopConfined(Sleeper())
    if Task.isCancelled {
      return await withCheckedContinuation { continuation in
        sleeper.value.begin(on: self, delay: .zero, continuation)
      }
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        sleeper.value.begin(on: self, delay: delay, continuation)
      }
    } onCancel: {
      self.execute { sleeper.value.finish() }
    }
  }

  /// Looks every `interval` until `condition` holds, for at most `limit`. The caller runs on this loop.
  ///
  /// - Returns: whether it held; false also when the task was cancelled first.
  @discardableResult
  public func poll(
    for limit: Duration, every interval: Duration, until condition: () async -> Bool
  ) async -> Bool {
    let end = milliseconds + limit.milliseconds
    while milliseconds < end, !Task.isCancelled {
      if await condition() { return true }
      await sleep(for: interval)
    }
    return false
  }

  private final class Sleeper {
    var continuation: CheckedContinuation<Void, Never>?
    var timer: EventLoopTimer?

    func begin(
      on loop: EventLoop, delay: Duration, _ continuation: CheckedContinuation<Void, Never>
    ) {
      self.continuation = continuation
      timer = loop.schedule(after: delay) { [self] in finish() }
    }

    func finish() {
      timer?.cancel()
      timer = nil
      continuation?.resume()
      continuation = nil
    }
  }
}
