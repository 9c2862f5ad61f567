/// A run as a page for people.
enum MarkdownReport {
  /// The server may be on another one.
  static let machine = "machine of the generator"

  /// - Parameter picture: the name of the plot's file, to show it; nil for none.
  static func render(_ report: RunReport, picture: String? = nil) -> String {
    let result = report.result
    var text = "# \(report.scenario)\n\n"
    if !report.command.isEmpty {
      text += "- command: `spillway-loadtest \(report.command.joined(separator: " "))`\n"
    }
    for line in report.provenance.lines(machine: Self.machine) { text += "- \(line)\n" }
    text += "- result: \(verdict(report))\n"
    if !report.unmeasured.isEmpty {
      text += "- **not measured: \(report.unmeasured.joined(separator: "; "))**\n"
    }
    for figure in report.unbounded { text += "- not bounded: \(figure)\n" }
    text += "\n"
    let rate = Double(result.tally.finished) / max(result.seconds, 1e-9)
    text += "\(TextFormat.grouped(result.tally.finished)) requests in "
    text += "\(TextFormat.fixed(result.seconds, 2)) s, \(TextFormat.grouped(Int(rate))) a second. "
    text += "Latencies count from the moment at which a request was due.\n\n"
    text += table(report)
    for (name, value) in result.conclusion.facts { text += "- \(name): \(value)\n" }
    for (failure, count) in result.tally.failures.sorted(by: { $0.value > $1.value }) {
      text += "- failed \(TextFormat.grouped(count)) times: \(failure)\n"
    }
    if let picture {
      text += "\n![Rate, latencies, queue and lag over time](\(picture))\n"
    }
    return text + processes(report)
  }

  private static func verdict(_ report: RunReport) -> String {
    let breaches = report.result.conclusion.breaches
    var parts = report.missed.map { "**missed: \($0)**" }
    if breaches.count > 0 {
      parts.append("**\(TextFormat.grouped(breaches.count)) breaches**")
      parts += breaches.examples.map { "`\($0.replacing("`", with: "'"))`" }
    }
    guard parts.isEmpty else { return parts.joined(separator: "; ") }
    return report.unmeasured.isEmpty ? "all held" : "what was measured held"
  }

  private static func table(_ report: RunReport) -> String {
    let tally = report.result.tally
    var text = "| | count | share | P50 | P90 | P95 | P99 | P99.9 | longest |\n"
    text += "| --- |" + String(repeating: " ---: |", count: 8) + "\n"
    for row in ResultTable.rows(report.outcomes, tally) {
      text += "| " + row.joined(separator: " | ") + " |\n"
    }
    return text + "\n"
  }

  /// What each kind of process had at the beginning and at the end.
  private static func processes(_ report: RunReport) -> String {
    guard let first = report.readings.first, let last = report.readings.last,
      !last.processes.isEmpty
    else { return "" }
    var text = "\n| process | private memory, first | last | descriptors, first | last |\n"
    text += "| --- | ---: | ---: | ---: | ---: |\n"
    for process in last.processes {
      func megabytes(_ reading: InstallationReading) -> String {
        RunReport.memory(of: process.name, reading)
          .map { "\(TextFormat.fixed(Double($0) / 1e6, 1)) MB" } ?? ""
      }
      func descriptors(_ reading: InstallationReading) -> String {
        RunReport.descriptors(of: process.name, reading).map { "\($0)" } ?? ""
      }
      text += "| \(process.name) | \(megabytes(first)) | \(megabytes(last)) "
      text += "| \(descriptors(first)) | \(descriptors(last)) |\n"
    }
    return text
  }
}
