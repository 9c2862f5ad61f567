internal import EventLoop
internal import Telemetry

/// Waits until something is ready, and says in the log what it waits for.
enum ReadyWait {
  static let interval = Duration.milliseconds(50)
  /// How often the reasons are told while they stay the same.
  static let reminder = Duration.seconds(5)

  static func wait(logger: Logger, _ reasons: () async -> [String]) async {
    var told: [String] = []
    var toldAt = ContinuousClock.now
    while !Task.isCancelled {
      let current = await reasons()
      if current.isEmpty { return }
      if current != told || ContinuousClock.now - toldAt > reminder {
        for reason in current { logger.info("waiting", [("for", .string(reason))]) }
        told = current
        toldAt = .now
      }
      try? await Task.sleep(for: interval)
    }
  }
}
