internal import EventLoop

/// Tasks that wait for a client to become ready. Loop-confined.
final class ReadinessWaiters {
  private final class Waiter {
    var continuation: CheckedContinuation<RedisError?, Never>?
    var timer: EventLoopTimer?

    func finish(_ error: RedisError?) {
      timer?.cancel()
      timer = nil
      continuation?.resume(returning: error)
      continuation = nil
    }
  }

  private var waiters: [Waiter] = []

  /// Suspends until ``resumeAll(_:)``, the deadline or cancellation.
  func wait(on loop: EventLoop, deadline: Duration) async throws(RedisError) {
    let waiter = Waiter()
    let confined = LoopConfined(waiter)
    waiters.append(waiter)
    let error = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        waiter.continuation = continuation
        if Task.isCancelled {
          waiter.finish(.cancelled)
        } else {
          waiter.timer = loop.schedule(after: deadline) { [weak waiter] in
            waiter?.finish(.timedOut)
          }
        }
      }
    } onCancel: {
      loop.execute { confined.value.finish(.cancelled) }
    }
    waiters.removeAll { $0 === waiter }
    if let error { throw error }
  }

  /// Lets all waiters go on; with `error` they throw it.
  func resumeAll(_ error: RedisError?) {
    for waiter in waiters { waiter.finish(error) }
  }
}
