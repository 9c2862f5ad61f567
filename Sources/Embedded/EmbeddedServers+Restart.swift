internal import Synchronization

extension EmbeddedServers {
  /// The latest restart of a server.
  struct Restart {
    let task: Task<Void, Never>
    /// What the next restart waits for if the server does not stay up this time.
    let nextDelay: Duration
    /// When the server was last seen to end.
    let ended: ContinuousClock.Instant
  }

  /// Delays between restarts: none at first, then doubling from the shortest to the longest.
  private static let shortestDelay = Duration.milliseconds(100)
  private static let longestDelay = Duration.seconds(5)
  /// A server that ran so long since the last restart counts as healthy again.
  private static let healthyAfter = Duration.seconds(3)

  func watch(_ server: Server) {
    let onExit: @Sendable (ProcessExit) -> Void = { [weak self] in self?.ended(server, $0) }
    switch server {
    case .redis: redis.onExit = onExit
    case .postgres: postgres.onExit = onExit
    }
  }

  private func ended(_ server: Server, _ status: ProcessExit) {
    onEvent(.ended(server: server.rawValue, status: status))
    let now = ContinuousClock.now
    state.withLock { state in
      guard !state.isStopping else { return }
      let last = state.restarts[server]
      let isHealthy = last.map { now - $0.ended > Self.healthyAfter } ?? true
      let delay = isHealthy ? Duration.zero : last!.nextDelay
      state.restarts[server] = Restart(
        task: Task { await self.restart(server, after: delay) },
        nextDelay: Self.longer(than: delay), ended: now)
    }
  }

  private static func longer(than delay: Duration) -> Duration {
    min(max(delay * 2, shortestDelay), longestDelay)
  }

  private func restart(_ server: Server, after delay: Duration) async {
    var delay = delay
    while true {
      if delay > .zero { try? await Task.sleep(for: delay) }
      if Task.isCancelled { return }
      delay = Self.longer(than: delay)
      do throws(EmbeddedError) {
        switch server {
        case .redis: try await redis.start()
        case .postgres: try await postgres.start()
        }
        onEvent(.restarted(server: server.rawValue))
        return
      } catch .stopped {
        return
      } catch {
        onEvent(.restartFailed(server: server.rawValue, reason: error, delay: delay))
      }
    }
  }
}
