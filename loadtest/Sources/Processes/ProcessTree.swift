internal import Foundation

/// Processes as `/proc` shows them.
enum ProcessTree {
  /// The children of a process, and theirs, each with its name.
  static func descendants(of identifier: Int32) -> [(identifier: Int32, name: String)] {
    var found: [(identifier: Int32, name: String)] = []
    var rest = [identifier]
    while let parent = rest.popLast() {
      for child in children(of: parent) {
        found.append((child, name(of: child)))
        rest.append(child)
      }
    }
    return found
  }

  private static func children(of identifier: Int32) -> [Int32] {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/task"))
    return (threads ?? []).flatMap { thread in
      read("/proc/\(identifier)/task/\(thread)/children").split(separator: " ")
        .compactMap { Int32($0) }
    }
  }

  /// How many threads a process has; none once it has ended.
  static func threadCount(of identifier: Int32) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/task"))?.count ?? 0
  }

  /// The program's name, cut to the kernel's fifteen characters; empty once it has ended.
  static func name(of identifier: Int32) -> String {
    read("/proc/\(identifier)/comm").trimmingCharacters(in: .newlines)
  }

  private static func read(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  /// CPU seconds of `identifier` and all below it by group, the group of each chosen by its name.
  static func processorSeconds(
    below identifier: Int32, group: (String) -> String
  ) -> [String: Double] {
    var sums: [String: Double] = [:]
    for process in descendants(of: identifier) {
      sums[group(process.name), default: 0] += ProcessorTime.ofProcess(process.identifier) ?? 0
    }
    return sums
  }

  /// CPU seconds of `identifier` and all below it.
  static func processorSeconds(of identifier: Int32) -> Double {
    let below = descendants(of: identifier).map(\.identifier)
    return ([identifier] + below).reduce(0) { $0 + (ProcessorTime.ofProcess($1) ?? 0) }
  }
}
