internal import Foundation

/// A chaos run as far as it has come, for its files. They are written after each round, so that a run that
/// is ended early has told what it saw.
struct ChaosReport: Sendable {
  let provenance: Provenance
  let options: ChaosOptions
  private(set) var rounds: [RoundReport] = []

  init(provenance: Provenance, options: ChaosOptions) {
    self.provenance = provenance
    self.options = options
  }

  /// Notes a round, and writes the files that were asked for.
  ///
  /// - Throws: `ScenarioError` for a file that cannot be written.
  mutating func add(_ round: RoundReport) throws {
    rounds.append(round)
    if let output = options.output { try OutputFile.write(markdown.utf8, to: output) }
    if let json = options.json {
      try OutputFile.write(JSONText.encode(ChaosJSON(self)), to: json)
    }
  }

  var requests: Int { rounds.reduce(0) { $0 + $1.requests } }

  var operations: OperationCounts {
    rounds.reduce(into: OperationCounts()) { $0.merge($1.operations) }
  }

  var breaches: Int { rounds.reduce(0) { $0 + $1.breaches.count } }

  /// What a reader needs to repeat the run.
  var preface: [String] {
    // Without the seed that chance chose the same words would make another plan.
    let isTold = options.command.contains { $0 == "--seed" || $0.hasPrefix("--seed=") }
    let words = ["chaos"] + options.command + (isTold ? [] : ["--seed", "\(options.seed)"])
    return ["command: `spillway-loadtest \(words.joined(separator: " "))`"] + provenance.lines() + [
      "installation: Redis `appendfsync always`, Postgres `fsync on`, \(options.processes) API processes, "
        + "\(ChaosOptions.reconcilers) reconcilers"
    ]
  }

  private var verdict: String {
    let share =
      rounds.count == options.rounds
      ? "\(rounds.count) rounds" : "\(rounds.count) of \(options.rounds) rounds so far"
    let broken = rounds.count { $0.breaches.count > 0 }
    return broken == 0
      ? "\(share): all held"
      : "\(share): **\(TextFormat.grouped(breaches)) breaches** in \(broken) of them"
  }

  /// A page for people.
  var markdown: String {
    var text = "# Chaos\n\n" + preface.map { "- \($0)\n" }.joined()
    text += "- result: \(verdict)\n"
    text += "- requests: \(TextFormat.grouped(requests)): \(operations.text)\n\n"
    text += "```\n\(RoundReport.header)\n" + rounds.map { "\($0.row)\n" }.joined() + "```\n"
    let remarks = rounds.flatMap { round in
      round.breaches.examples.map { "- round \(round.plan.number): \($0)\n" }
        + round.skipped.map { "- round \(round.plan.number), left out: \($0)\n" }
    }
    return remarks.isEmpty ? text : text + "\n" + remarks.joined()
  }
}
