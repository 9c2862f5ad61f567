/// The measurements of a comparison as Markdown.
struct CompareReport {
  let measurements: [Comparison.Measurement]
  /// Lines about the machine and the versions.
  let preface: [String]
  let reference: CompareSuite.Reference
  /// What the comparison is held to; nil for none.
  var aims: AimTable?

  private struct Case: Hashable {
    let load: CompareLoad
    let connections: Int
  }

  /// The middle of the rounds; of two middle ones the lower.
  private static func median(_ values: [Double]) -> Double {
    values.sorted()[(values.count - 1) / 2]
  }

  func render() -> String {
    var text = aims == nil ? "# Side by side\n\n" : "# Objectives\n\n"
    text += preface.map { "- \($0)\n" }.joined() + "\n"
    if let aims {
      text += """
        Medians over the rounds, of two middle ones the worse. What is told in times is the ratio of requests
        a second in the same round.

        \(aims.markdown)
        ## Measurements


        """
    }
    text += """
      Medians over the rounds; the range is of requests a second, of which only those count whose answer is the
      one that the load is about. Microseconds are CPU time a request,
      user and kernel together, all of them without the generator's; cores are those that were busy, whoever
      with.\(explanation)

      | load | connections | system | requests/s | range | P50 ms | P99 ms | API µs | Redis µs | \
      Reconciler µs | Postgres µs | all µs | generator µs | cores | \(reference.title) |
      | --- | ---: | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |

      """
    for group in cases {
      for name in contenders where !of(group, name).isEmpty { text += row(group, name) }
    }
    return text + "\n" + notes()
  }

  /// What the last column needs said beside its head.
  private var explanation: String {
    guard case .leader(let name) = reference else { return "" }
    return """
       The last column is how many times a system's requests a second \(name) answers, in the
      same round: the median and the range of all rounds.
      """
  }

  private var cases: [Case] {
    var seen = Set<Case>()
    return measurements.map { Case(load: $0.load, connections: $0.connections) }
      .filter { seen.insert($0).inserted }
  }

  private var contenders: [String] {
    var seen = Set<String>()
    return measurements.map(\.contender).filter { seen.insert($0).inserted }
  }

  private func of(_ group: Case, _ name: String) -> [Comparison.Measurement] {
    measurements.filter {
      $0.contender == name && $0.load == group.load && $0.connections == group.connections
    }
  }

  private func row(_ group: Case, _ name: String) -> String {
    let runs = of(group, name)
    let rates = runs.map(\.report.rate)
    func part(_ part: String) -> String {
      let values = runs.compactMap { $0.microseconds[part] }
      return values.isEmpty ? "" : TextFormat.fixed(Self.median(values), 1)
    }
    func milliseconds(_ path: KeyPath<GeneratorReport, Double>) -> String {
      TextFormat.fixed(Self.median(runs.map { $0.report[keyPath: path] }) / 1000, 2)
    }
    let busy = runs.compactMap(\.busyCores)
    let cores = busy.isEmpty ? "" : TextFormat.fixed(Self.median(busy), 2)
    let range =
      "\(TextFormat.grouped(Int(rates.min()!)))–\(TextFormat.grouped(Int(rates.max()!)))"
    let cells = [
      group.load.rawValue, String(group.connections), name,
      TextFormat.grouped(Int(Self.median(rates))), range, milliseconds(\.percentile50),
      milliseconds(\.percentile99), part("API"), part("Redis"), part("Reconciler"),
      part("Postgres"), TextFormat.fixed(Self.median(runs.map(\.ownMicroseconds)), 1),
      part(ProcessorUsage.generator), cores, ratio(runs, group, name),
    ]
    return "| " + cells.joined(separator: " | ") + " |\n"
  }

  /// The runs in relation to those that they are compared with; empty where there are none.
  private func ratio(
    _ runs: [Comparison.Measurement], _ group: Case, _ name: String
  ) -> String {
    let peers: [Comparison.Measurement]
    let value: (Comparison.Measurement) -> Double
    switch reference {
    case .leader(let leader):
      return leader == name ? "" : lead(of: of(group, leader), over: runs)
    case .contender(let other):
      peers = of(group, other)
      value = \.report.rate
    case .load(let load):
      peers = of(Case(load: load, connections: group.connections), name)
      value = \.report.rate
    case .connections(let count):
      peers = of(Case(load: group.load, connections: count), name)
      value = \.ownMicroseconds
    }
    guard !peers.isEmpty else { return "" }
    return TextFormat.fixed(Self.median(runs.map(value)) / Self.median(peers.map(value)), 2)
  }

  /// How many times the requests a second of `runs` the leader had, round by round.
  private func lead(
    of leader: [Comparison.Measurement], over runs: [Comparison.Measurement]
  ) -> String {
    let ratios = zip(leader, runs).map { $0.report.rate / $1.report.rate }
    guard let least = ratios.min(), let most = ratios.max() else { return "" }
    func text(_ ratio: Double) -> String { TextFormat.fixed(ratio, ratio < 10 ? 2 : 1) }
    return "\(text(Self.median(ratios))) (\(text(least))–\(text(most)))"
  }

  /// Everything that a reader has to know beside the table: refusals, errors, ledger lag.
  private func notes() -> String {
    var text = ""
    for run in measurements {
      var parts: [String] = []
      if run.report.otherShare >= 0.000_05 {
        parts.append("\(TextFormat.fixed(run.report.otherShare * 100, 2)) % other answers")
      }
      if run.report.socketErrors > 0 { parts.append("\(run.report.socketErrors) socket errors") }
      if let percentile95 = run.report.percentile95 {
        parts.append("P95 \(TextFormat.fixed(percentile95 / 1000, 1)) ms")
      }
      for (name, value) in run.notes.sorted(by: { $0.key < $1.key }) {
        let digits = value.rounded() == value ? 0 : 1
        parts.append("\(name) \(TextFormat.fixed(value, digits))")
      }
      if !parts.isEmpty {
        text += "- \(run.contender), \(run.load.rawValue), \(run.connections) connections: "
        text += parts.joined(separator: "; ") + "\n"
      }
    }
    return text
  }
}
