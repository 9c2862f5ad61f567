import EventLoop
import Foundation
import Synchronization
import Telemetry

@testable import Reconciler

/// A reconciler on a thread of its own that can be frozen, as by SIGSTOP, or ended at once, as by
/// SIGKILL.
final class ForeignDaemon: Sendable {
  let loop: EventLoop
  let name: String
  private let thaw = DispatchSemaphore(value: 0)
  private let daemon: LoopConfined<ReconcilerDaemon>

  private init(loop: EventLoop, daemon: LoopConfined<ReconcilerDaemon>, name: String) {
    self.loop = loop
    self.daemon = daemon
    self.name = name
  }

  static func start(
    _ configuration: ReconcilerDaemon.Configuration, log: CapturedLog
  ) async throws -> ForeignDaemon {
    let loop = EventLoop.start(name: "foreign")
    let (daemon, name) = try await loop.submit {
      let daemon = ReconcilerDaemon(
        configuration: configuration, loop: loop,
        logger: Logger(label: "foreign", level: .debug, sink: .captured(by: log)),
        metrics: MetricsRegistry())
      daemon.start()
      return (LoopConfined(daemon), daemon.name)
    }
    return ForeignDaemon(loop: loop, daemon: daemon, name: name)
  }

  /// Holds its thread until ``unfreeze()``; its connections stay.
  func freeze() { loop.execute { self.thaw.wait() } }

  func unfreeze() { thaw.signal() }

  /// Ends it without giving anything up.
  func kill() { loop.stop() }

  /// Ends it in order.
  func stop() async throws {
    let daemon = daemon
    try await loop.submit { await daemon.value.stop() }
    loop.stop()
  }
}
