internal import Embedded
internal import EventLoop
internal import Foundation
internal import Glibc

/// A machine that loses its power: what Redis wrote in its last moments never reached the disk.
extension Striker {
  /// What `appendfsync everysec` may lose, by the README's table.
  private static let promised = Duration.seconds(1)

  /// Kills Redis, cuts from its file what was written since the strike's preparation, and starts it again.
  ///
  /// - Throws: when Redis stays away too long.
  func losePower(_ strike: Strike) async throws {
    let before = appendOnlyFile()
    await loop.sleep(for: strike.moment - strike.preparation)
    var record = WipeRecord(isUncertain: true)
    record.keptUntil = EventLoop.nanoseconds() - Self.promised.milliseconds * 1_000_000
    signal(.redis, SIGKILL)
    try await awaitEnd(.redis)
    record.moment = EventLoop.nanoseconds()
    let after = appendOnlyFile()
    // A file that was written anew meanwhile was synced then.
    if let before, let after, before.path == after.path, before.size < after.size {
      guard truncate(before.path, before.size) == 0 else {
        throw ScenarioError("cannot cut \(before.path): \(String(cString: strerror(errno)))")
      }
    }
    await loop.sleep(for: strike.pause)
    try await start(.redis)
    await awaitReopening(&record)
    wipes.append(record)
  }

  /// The file that Redis appends to, and its bytes.
  private func appendOnlyFile() -> (path: String, size: Int)? {
    let folder = "\(installation.folder)/redis/data/appendonlydir"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    // They are numbered.
    let newest = names.filter { $0.hasSuffix(".incr.aof") }
      .max { ($0.count, $0) < ($1.count, $1) }
    guard let newest else { return nil }
    let path = "\(folder)/\(newest)"
    var status = stat()
    return stat(path, &status) == 0 ? (path, Int(status.st_size)) : nil
  }
}
