internal import EventLoop
internal import Glibc
internal import Synchronization

/// A running program that this process started and waits for.
public final class ChildProcess: Sendable {
  /// The kernel's number for it.
  public let processIdentifier: Int32
  private let state = Mutex(State())

  private struct State {
    var status: ProcessExit?
    var waiters: [@Sendable (ProcessExit) -> Void] = []
  }

  init(processIdentifier: Int32) {
    self.processIdentifier = processIdentifier
    LoopThread.start(name: "wait-\(processIdentifier)") { self.reap() }
  }

  /// How it ended; `nil` while it runs.
  public var status: ProcessExit? { state.withLock { $0.status } }

  /// Sends `signal`, unless the process has ended.
  public func send(signal: Int32) {
    // Under the lock of `reap`, so that the number cannot belong to somebody else yet.
    state.withLock { state in
      if state.status == nil { kill(processIdentifier, signal) }
    }
  }

  /// Ends the process and all that it has started by force; it leads a process group of its own.
  func killGroup() {
    state.withLock { state in
      if state.status == nil { kill(-processIdentifier, SIGKILL) }
    }
  }

  /// Calls `body` once the process has ended, on any thread.
  func whenEnded(_ body: @escaping @Sendable (ProcessExit) -> Void) {
    let status = state.withLock { state in
      if state.status == nil { state.waiters.append(body) }
      return state.status
    }
    if let status { body(status) }
  }

  /// Waits for the end.
  public func ended() async -> ProcessExit {
    await withCheckedContinuation { continuation in
      whenEnded { continuation.resume(returning: $0) }
    }
  }

  /// Waits for the end, at most `limit`; `nil` when it runs on. Call it on the servers' thread.
  func ended(within limit: Duration) async -> ProcessExit? {
    _ = try? await ServerThread.poll(within: limit) { () throws(EmbeddedError) in status != nil }
    return status
  }

  private func reap() {
    // The ended process stays a zombie, and its number taken, until the lock is held.
    var information = siginfo_t()
    while waitid(P_PID, id_t(processIdentifier), &information, WEXITED | WNOWAIT) < 0,
      errno == EINTR
    {}
    let (status, waiters) = state.withLock { state in
      var word: Int32 = 0
      waitpid(processIdentifier, &word, 0)
      let status = ProcessExit(waitStatus: word)
      state.status = status
      defer { state.waiters = [] }
      return (status, state.waiters)
    }
    for waiter in waiters { waiter(status) }
  }
}
