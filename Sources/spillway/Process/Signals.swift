internal import EventLoop
internal import Glibc

/// The signals that ask the process to end.
enum Signals {
  /// Returns when SIGINT or SIGTERM has come. A second one ends the process at once.
  static func untilStop() async {
    let loop = EventLoop.start(name: "signals")
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      loop.execute {
        let watch = Watch(continuation)
        for signal in [SIGINT, SIGTERM] {
          if let watcher = try? SignalWatcher(signal: signal, loop: loop, watch.received) {
            watch.watchers.append(watcher)
          }
        }
      }
    }
  }

  private final class Watch {
    var watchers: [SignalWatcher] = []
    private var continuation: CheckedContinuation<Void, Never>?

    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }

    lazy var received: (Int32) -> Void = { [self] signal in
      guard let continuation else { exit(128 + signal) }
      self.continuation = nil
      continuation.resume()
    }
  }
}
