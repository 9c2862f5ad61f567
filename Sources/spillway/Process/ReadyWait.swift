internal import EventLoop
internal import Telemetry

/// Waits until something is ready, and says in the log what it waits for.
enum ReadyWait {
  static let interval = Duration.milliseconds(50)
  /// An ordinary start takes less, and has nothing to tell.
  static let patience = Duration.seconds(1)
  /// How often the reasons are told while they stay the same.
  static let reminder = Duration.seconds(10)

  /// Returns when `reasons` returns none, or when the task is cancelled.
  static func wait(logger: Logger, _ reasons: () async -> [String]) async {
    var told: [String] = []
    var tellAt = ContinuousClock.now + patience
    while !Task.isCancelled {
      let current = await reasons()
      if current.isEmpty { return }
      let now = ContinuousClock.now
      if now >= tellAt || (!told.isEmpty && current != told) {
        for reason in current { logger.info("waiting", [("for", .string(reason))]) }
        told = current
        tellAt = now + reminder
      }
      try? await Task.sleep(for: interval)
    }
  }
}
