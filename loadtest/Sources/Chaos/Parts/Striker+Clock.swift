internal import EventLoop
internal import Foundation
internal import Glibc

/// A process whose clock is wrong.
extension Striker {
  /// Where Debian's package keeps it.
  private static var library: String? {
    ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// What the library of a killed process leaves in shared memory.
  private static func clean(_ process: Int32) {
    unlink("/dev/shm/faketime_shm_\(process)")
    unlink("/dev/shm/sem.faketime_sem_\(process)")
  }

  /// Kills a process, starts it with a clock that can be set, and steps that twice while it runs: away from the
  /// true time and back. After a while kills it and starts it as it was. The time that it measures durations by
  /// is not touched.
  func stepClock(of part: ChaosPart, by step: Duration, for pause: Duration) async throws {
    guard let process = process(part) else { return }
    guard let library = Self.library else {
      skipped.append("clock of \(part): the package libfaketime is missing")
      return
    }
    let file = "\(installation.folder)/clock of \(part)"
    try Self.set(file, to: 0)
    // It is read whenever the process asks for the time.
    try await replace(
      process, part,
      environment: [
        "LD_PRELOAD=\(library)", "FAKETIME_TIMESTAMP_FILE=\(file)", "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
      ])
    await loop.sleep(for: pause / 2)
    try Self.set(file, to: step.components.seconds)
    await loop.sleep(for: pause)
    try Self.set(file, to: 0)
    await loop.sleep(for: pause / 2)
    try await replace(process, part, environment: [])
  }

  /// Replaced at once, so that nobody reads half of it.
  private static func set(_ file: String, to seconds: Int64) throws {
    try Data("\(seconds < 0 ? "" : "+")\(seconds)s\n".utf8).write(
      to: URL(fileURLWithPath: file), options: .atomic)
  }

  private func replace(
    _ process: SpillwayProcess, _ part: ChaosPart, environment: [String]
  ) async throws {
    process.expectEnd()
    process.send(signal: SIGKILL)
    try await awaitEnd(part)
    if let identifier = process.identifier { Self.clean(identifier) }
    try await process.start(environment: environment)
  }
}
