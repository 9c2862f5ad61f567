internal import Foundation

extension ProcessorTime {
  /// What all processors together did since the machine started, in ticks of the kernel's.
  struct Machine: Sendable, Equatable {
    let busy: Double
    let idle: Double

    /// Reads the first line of `/proc/stat`: user, nice, system, idle, waiting for a disk, and so on.
    init?(statLine line: some StringProtocol) {
      let fields = line.split(separator: " ")
      guard fields.first == "cpu", fields.count > 5 else { return nil }
      let ticks = fields.dropFirst().compactMap { Double($0) }
      guard ticks.count == fields.count - 1 else { return nil }
      idle = ticks[3] + ticks[4]
      // The time of guests stands behind, and is part of the user's already.
      busy = ticks.prefix(8).reduce(0, +) - idle
    }

    /// How many processors were at work on average between `earlier` and this.
    func busyCores(since earlier: Machine) -> Double? {
      let busy = busy - earlier.busy
      let all = busy + idle - earlier.idle
      guard all > 0 else { return nil }
      return busy / all * Double(ProcessInfo.processInfo.processorCount)
    }
  }

  static func ofMachine() -> Machine? {
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = text.split(separator: "\n").first
    else { return nil }
    return Machine(statLine: line)
  }
}
