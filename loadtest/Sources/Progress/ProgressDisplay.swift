internal import Glibc

/// Shows a run while it goes: one line that is redrawn on a terminal, else a line a second.
struct ProgressDisplay: Sendable {
  /// How often a terminal is redrawn, and how often other outputs get a line.
  static let terminalInterval: Duration = .milliseconds(200)
  static let plainInterval: Duration = .seconds(1)

  let isTerminal: Bool
  private let outcomes: [Outcome]
  private let total: Int
  private let write: @Sendable (String) -> Void
  private var earlier: Tally
  private var earlierSeconds = 0.0

  /// - Parameter write: gets text without a line end of its own; standard error by default.
  init(
    outcomes: [Outcome], total: Int, isTerminal: Bool = isatty(STDERR_FILENO) == 1,
    write: @escaping @Sendable (String) -> Void = { text in
      var text = text
      text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  ) {
    self.outcomes = outcomes
    self.total = total
    self.isTerminal = isTerminal
    self.write = write
    earlier = Tally(outcomeCount: outcomes.count)
  }

  var interval: Duration { isTerminal ? Self.terminalInterval : Self.plainInterval }

  /// Shows the state of things, `seconds` into the run.
  ///
  /// - Parameter finished: how much of the whole is done, where requests do not tell.
  mutating func show(_ tally: Tally, seconds: Double, finished: Int? = nil) {
    let line = line(tally, seconds: seconds, finished: finished ?? tally.finished)
    write(isTerminal ? "\r\u{1B}[K" + line : line + "\n")
    earlier = tally
    earlierSeconds = seconds
  }

  /// Leaves the last state standing.
  func end() {
    if isTerminal { write("\n") }
  }

  private func line(_ tally: Tally, seconds: Double, finished: Int) -> String {
    let recent = tally.all.since(earlier.all)
    let length = max(seconds - earlierSeconds, 0.001)
    var parts = [
      TextFormat.padded(TextFormat.fixed(seconds, 1) + " s", to: 7, right: true),
      bar(finished),
      "\(TextFormat.grouped(finished))/\(TextFormat.grouped(total))",
      "\(TextFormat.grouped(Int(Double(recent.count) / length)))/s",
    ]
    if recent.count > 0 {
      parts.append(
        "P50 \(TextFormat.latency(recent.percentile(50)))"
          + " P99 \(TextFormat.latency(recent.percentile(99)))")
    }
    for (outcome, histogram) in zip(outcomes, tally.outcomes) where histogram.count > 0 {
      parts.append("\(outcome.name) \(TextFormat.grouped(Int(histogram.count)))")
    }
    return parts.joined(separator: "  ")
  }

  private func bar(_ finished: Int) -> String {
    let width = 20
    let filled = total == 0 ? width : min(width, finished * width / total)
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: "-", count: width - filled) + "]"
  }
}
