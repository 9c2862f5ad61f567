internal import Embedded
internal import Foundation

extension CompareCommand {
  /// What a reader has to know of the machine, the versions and the contenders.
  func preface() -> [String] {
    func read(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    let model = read("/proc/cpuinfo").split(separator: "\n")
      .first { $0.hasPrefix("model name") }?.split(separator: ":").last
      .map { $0.trimmingCharacters(in: .whitespaces) }
    var lines = [
      "machine: \(ProcessInfo.processInfo.processorCount) processors, \(model ?? "unknown")",
      "system: \(ProcessInfo.processInfo.operatingSystemVersionString), kernel "
        + read("/proc/sys/kernel/osrelease").trimmingCharacters(in: .newlines),
      "date: \(Date().formatted(.iso8601))",
      "load: wrk, one thread, \(comparison.seconds) s a run, \(comparison.rounds) rounds in turn; of each, "
        + "some answers are looked at before it",
      "spillway: one API loop; the ledger is written meanwhile; tokens of \(users) users, HS256",
    ]
    if let commit { lines.insert("commit: \(commit)", at: 0) }
    lines += peers.map(\.summary)
    let policy = suite == .fsync ? "as named" : fsync.rawValue
    return lines + ["every Redis: appendonly, appendfsync \(policy), Unix socket"]
  }

  /// The commit of the folder that this runs in, if it is a clone.
  private var commit: String? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    return process.terminationStatus == 0 && !text.isEmpty ? text : nil
  }
}
