internal import EventLoop
internal import Glibc
internal import Synchronization

/// Whether somebody has asked the process to end, by SIGINT or SIGTERM.
///
/// A second signal ends the process at once; the kernel then ends the servers that it started.
final class StopRequest: Sendable {
  private struct State {
    var isMade = false
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())
  private let loop = EventLoop.start(name: "signals")

  /// Watches for the signals from now on.
  static func watch() async throws -> StopRequest {
    let request = StopRequest()
    try await request.loop.submit {
      let watchers = Watchers()
      for signal in [SIGINT, SIGTERM] {
        watchers.all.append(
          try SignalWatcher(signal: signal, loop: request.loop) { signal in
            // Holds the watchers: they are needed as long as the process lives.
            watchers.count += 1
            request.made(again: watchers.count > 1 ? signal : nil)
          })
      }
    }
    return request
  }

  private final class Watchers {
    var all: [SignalWatcher] = []
    var count = 0
  }

  private func made(again signal: Int32?) {
    // Nothing is left to be tidied up by whoever insists, as a shell tells a signal's death.
    if let signal { _exit(128 + signal) }
    let waiters = state.withLock { state in
      state.isMade = true
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.resume() }
  }

  /// True from the first signal on.
  var isMade: Bool { state.withLock { $0.isMade } }

  /// Returns when the request is made, or when the task is cancelled.
  func wait() async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.isMade || Task.isCancelled { return true }
          state.waiters[number] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
    }
  }
}
