internal import Dispatch
internal import EventLoop
internal import Glibc
internal import Synchronization

/// Whether somebody has asked the process to end, by SIGINT or SIGTERM.
///
/// A second signal ends the process at once; the kernel then ends the servers that it started.
final class StopRequest: Sendable {
  private struct State {
    var isWatched = false
    var isMade = false
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
  }

  private static let signals = [SIGINT, SIGTERM]

  private let state = Mutex(State())
  private let loop = EventLoop.start(name: "signals")

  /// Watches for the signals from now on, and has done so when it returns.
  ///
  /// Called first of all, by the main thread: before anything is awaited, since the thread that Dispatch then
  /// makes of the main one takes all signals, blocked or not. Until the watchers are there the signals wait.
  ///
  /// - Returns: nil when they cannot be watched.
  static func watch() -> StopRequest? {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    defer { pthread_sigmask(SIG_UNBLOCK, &set, nil) }
    let request = StopRequest()
    let isDone = DispatchSemaphore(value: 0)
    request.loop.execute {
      request.install()
      isDone.signal()
    }
    isDone.wait()
    return request.state.withLock { $0.isWatched } ? request : nil
  }

  private func install() {
    let watchers = Watchers()
    for signal in Self.signals {
      let watcher = try? SignalWatcher(signal: signal, loop: loop) { [self] signal in
        // Holds the watchers: they are needed as long as the process lives.
        watchers.count += 1
        made(again: watchers.count > 1 ? signal : nil)
      }
      guard let watcher else { return }
      watchers.all.append(watcher)
    }
    state.withLock { $0.isWatched = true }
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
