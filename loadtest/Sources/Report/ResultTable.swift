/// The result of a run as a table for people.
enum ResultTable {
  private static let percentiles = [50.0, 90, 95, 99, 99.9]

  static func render(
    scenario: String, outcomes: [Outcome], result: LoadRun.Result
  ) -> String {
    let tally = result.tally
    var rows = [["", "count", "share", "P50", "P90", "P95", "P99", "P99.9", "longest"]]
    rows += self.rows(outcomes, tally)
    let rate = Double(tally.finished) / max(result.seconds, 1e-9)
    var text = "\nscenario \(scenario): \(TextFormat.grouped(tally.finished)) requests in "
    text += "\(TextFormat.fixed(result.seconds, 2)) s, \(TextFormat.grouped(Int(rate)))/s"
    text += "; the generator used \(microseconds(result)) µs of CPU a request\n\n"
    text += align(rows)
    for (name, value) in result.conclusion.facts { text += "\(name): \(value)\n" }
    for (failure, count) in tally.failures.sorted(by: { $0.value > $1.value }) {
      text += "failed \(TextFormat.grouped(count)) times: \(failure)\n"
    }
    let breaches = result.conclusion.breaches
    if breaches.count > 0 {
      text += "BREACHES: \(TextFormat.grouped(breaches.count))\n"
      for example in breaches.examples { text += "  - \(example)\n" }
    }
    return text
  }

  /// A row for each outcome that there was, and for all of them.
  static func rows(_ outcomes: [Outcome], _ tally: Tally) -> [[String]] {
    var rows: [[String]] = []
    for (outcome, histogram) in zip(outcomes, tally.outcomes) where histogram.count > 0 {
      rows.append(row(outcome.name, histogram, of: tally.finished))
    }
    rows.append(row("all", tally.all, of: tally.finished))
    rows.append(row("all, from sending", tally.service, of: tally.finished))
    return rows
  }

  private static func microseconds(_ result: LoadRun.Result) -> String {
    TextFormat.fixed(result.processorSeconds * 1e6 / Double(max(result.tally.finished, 1)), 1)
  }

  private static func row(
    _ name: String, _ histogram: LatencyHistogram, of total: Int
  ) -> [String] {
    let share = 100 * Double(histogram.count) / Double(max(total, 1))
    return [name, TextFormat.grouped(Int(histogram.count)), TextFormat.fixed(share, 1) + " %"]
      + percentiles.map { TextFormat.latency(histogram.percentile($0)) }
      + [TextFormat.latency(histogram.maximum)]
  }

  /// Columns under one another, the first to the left, the others to the right.
  static func align(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      zip(row, widths).enumerated()
        .map { TextFormat.padded($1.0, to: $1.1, right: $0 > 0) }
        .joined(separator: "  ") + "\n"
    }.joined()
  }
}
