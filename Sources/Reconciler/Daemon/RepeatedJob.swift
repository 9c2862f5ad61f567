internal import EventLoop
internal import Postgres
internal import Telemetry

/// Runs a piece of work on the ledger again and again, and says once when it fails. Loop-confined.
final class RepeatedJob {
  private let name: String
  private let interval: Duration
  private let logger: Logger
  private let wake: Wake
  private(set) var isStopping = false

  /// - Parameter name: what is logged when the work fails.
  init(name: String, interval: Duration, loop: EventLoop, logger: Logger) {
    self.name = name
    self.interval = interval
    self.logger = logger
    wake = Wake(loop: loop)
  }

  /// Works at each interval until ``stop()``.
  func run(_ work: () async throws(PostgresError) -> Void) async {
    var isReported = false
    while !isStopping {
      do {
        try await work()
        isReported = false
      } catch {
        if !isReported { logger.warning(name, [("reason", .string("\(error)"))]) }
        isReported = true
      }
      if !isStopping { await wake.wait(upTo: interval) }
    }
  }

  /// Ends ``run(_:)`` after the work under way.
  func stop() {
    isStopping = true
    wake.raise()
  }
}
