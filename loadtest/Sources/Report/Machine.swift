internal import Foundation

/// Where and of what a report was made.
enum Machine {
  /// Lines for the head of a report: commit, processors, system, date.
  static func lines() -> [String] {
    func read(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    let model = read("/proc/cpuinfo").split(separator: "\n")
      .first { $0.hasPrefix("model name") }?.split(separator: ":").last
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let lines = [
      "machine: \(ProcessInfo.processInfo.processorCount) processors, \(model ?? "unknown")",
      "system: \(ProcessInfo.processInfo.operatingSystemVersionString), kernel "
        + read("/proc/sys/kernel/osrelease").trimmingCharacters(in: .newlines),
      "date: \(Date().formatted(.iso8601))",
    ]
    return (commit.map { ["commit: \($0)"] } ?? []) + lines
  }

  /// The commit of the folder that this runs in, if it is a clone.
  private static var commit: String? {
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
