internal import Foundation

/// What a report was made on.
struct Machine: Sendable, Equatable, Encodable {
  let processors: Int
  /// The processors' model; `unknown` where the kernel does not tell.
  let model: String
  let memoryBytes: Int?
  /// The distribution.
  let system: String
  let kernel: String

  static func this() -> Machine {
    func read(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    return Machine(
      processors: ProcessInfo.processInfo.processorCount,
      model: model(in: read("/proc/cpuinfo")) ?? "unknown",
      memoryBytes: memoryBytes(in: read("/proc/meminfo")),
      system: ProcessInfo.processInfo.operatingSystemVersionString,
      kernel: read("/proc/sys/kernel/osrelease").trimmingCharacters(in: .newlines))
  }

  /// The model of the first processor in the text of `/proc/cpuinfo`.
  static func model(in text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":", maxSplits: 1).last
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// All memory in the text of `/proc/meminfo`.
  static func memoryBytes(in text: String) -> Int? {
    let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// All of it on one line.
  var summary: String {
    let memory = memoryBytes.map { ", \(TextFormat.fixed(Double($0) / 1_073_741_824, 1)) GiB" }
    return "\(processors) processors, \(model)\(memory ?? ""), \(system), kernel \(kernel)"
  }
}
