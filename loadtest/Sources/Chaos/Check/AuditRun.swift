internal import Embedded
internal import EventLoop
internal import Foundation

/// Has `spillway audit` judge the installation too.
struct AuditRun {
  let installation: Installation

  private static let limit = Duration.seconds(60)

  /// What it found broken; nil when all holds.
  ///
  /// - Throws: `EmbeddedError` when it cannot be run.
  func breach() async throws -> String? {
    let log = "\(installation.folder)/audit.log"
    try? FileManager.default.removeItem(atPath: log)
    let child = try await ChildProcess.start(
      installation.program, ["audit"] + installation.addresses, log: log)
    guard await installation.loop.poll(within: Self.limit, { child.status != nil }) else {
      child.send(signal: SIGKILL)
      return "spillway audit did not end within \(Self.limit)"
    }
    guard let status = child.status, status != .exited(0) else { return nil }
    let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    // What holds is many lines; without a table it could not even be run.
    let lines = text.split(separator: "\n")
    let broken = lines.filter { $0.hasPrefix("BREACH") }
    return "spillway audit: \(status)\n\((broken.isEmpty ? lines : broken).joined(separator: "\n"))"
  }
}
