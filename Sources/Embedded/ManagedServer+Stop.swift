internal import Glibc

extension ManagedServer {
  /// Stops the server, also one that is starting; returns when it has ended.
  func stop(deadline: Duration) async {
    _ = try? await ServerThread.run { () async throws(EmbeddedError) in
      await self.stopOnThread(deadline: deadline)
    }
  }

  private func stopOnThread(deadline: Duration) async {
    // A start or another stop that is under way ends first; a start ends early.
    while true {
      let phase = state.withLock { state in
        if state.phase == .starting { state.stopRequested = true }
        defer { if state.phase == .running { state.phase = .stopping } }
        return state.phase
      }
      if phase == .stopped { return }
      if phase == .running { break }
      await ServerThread.loop.sleep(for: .milliseconds(5))
    }
    if let child = state.withLock({ $0.child }) {
      await end(child, by: program.stopSignals[...], within: deadline)
    }
    folder.removeShortSocketDirectory()
    state.withLock { state in
      state.phase = .stopped
      state.child = nil
      state.lock = nil
    }
  }

  /// Ends `child` by `signals`, the first of which gets most of the time, and then by force.
  func end(
    _ child: ChildProcess, by signals: ArraySlice<Int32>, within deadline: Duration
  ) async {
    var share = deadline * 0.8
    for signal in signals {
      child.send(signal: signal)
      if await child.ended(within: share) != nil { return }
      share = deadline * 0.2
    }
    child.send(signal: SIGKILL)
    _ = await child.ended()
  }
}
