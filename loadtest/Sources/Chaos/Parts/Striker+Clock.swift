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

  /// Kills a process and starts it with a clock that is off, and after a while kills it and starts it
  /// with the true one. The time that it measures durations by is not touched.
  func stepClock(of part: ChaosPart, by step: Duration, for pause: Duration) async throws {
    guard let process = process(part) else { return }
    guard let library = Self.library else {
      skipped.append("clock of \(part): the package libfaketime is missing")
      return
    }
    let seconds = step.components.seconds
    for environment in [
      [
        "LD_PRELOAD=\(library)", "FAKETIME=\(seconds < 0 ? "" : "+")\(seconds)s",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
      ], [],
    ] {
      process.expectEnd()
      process.send(signal: SIGKILL)
      try await awaitEnd(part)
      if let identifier = process.identifier { Self.clean(identifier) }
      try await process.start(environment: environment)
      if !environment.isEmpty { await loop.sleep(for: pause) }
    }
  }
}
