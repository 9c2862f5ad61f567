/// Measures contenders in turn, round by round, so that what else the machine does hits all alike.
struct Comparison {
  /// One run of one contender.
  struct Measurement: Sendable {
    let contender: String
    let load: CompareLoad
    let connections: Int
    let report: GeneratorReport
    /// CPU time of each part, in microseconds a request.
    let microseconds: [String: Double]
    /// How many cores of the machine were busy, whoever with; nil where the system does not tell.
    var busyCores: Double?
    let notes: [String: Double]

    /// CPU time of all parts but the generator.
    var ownMicroseconds: Double {
      microseconds.filter { $0.key != ProcessorUsage.generator }.values.reduce(0, +)
    }
  }

  let rounds: Int
  let seconds: Int
  let connections: [Int]
  let loads: [CompareLoad]
  /// Whether a contender is measured under a load.
  var measures: (_ contender: String, CompareLoad) -> Bool = { _, _ in true }
  /// Gets a line before each run.
  let announce: (String) -> Void

  /// Starts all contenders, measures, and stops them also when it fails.
  ///
  /// - Throws: `ScenarioError`.
  func run(_ contenders: [any Contender]) async throws(ScenarioError) -> [Measurement] {
    do throws(ScenarioError) {
      for contender in contenders { try await contender.start() }
      let measurements = try await measure(contenders)
      for contender in contenders { await contender.stop() }
      return measurements
    } catch {
      for contender in contenders { await contender.stop() }
      throw error
    }
  }

  private func measure(_ contenders: [any Contender]) async throws(ScenarioError) -> [Measurement] {
    var measurements: [Measurement] = []
    for round in 1...rounds {
      for load in loads {
        for connections in load.connections.map({ [$0] }) ?? connections {
          for contender in contenders where measures(contender.name, load) {
            announce(
              "round \(round)/\(rounds): \(contender.name), \(load.rawValue), \(connections) connections"
            )
            if let found = try await measure(contender, load, connections) {
              measurements.append(found)
            }
          }
        }
      }
    }
    return measurements
  }

  private func measure(
    _ contender: any Contender, _ load: CompareLoad, _ connections: Int
  ) async throws(ScenarioError) -> Measurement? {
    guard let task = try await contender.prepare(load) else { return nil }
    let before = await contender.answers()
    let run = try await task.run(connections: connections, seconds: seconds) {
      ProcessorUsage(of: contender, generator: $0)
    }
    let report = Self.report(run.report, load, before, await contender.answers())
    // Nothing can be told of nothing, neither a ratio nor the CPU of a request.
    guard report.rate > 0 else {
      throw ScenarioError(
        "\(contender.name) gave no right answer in \(seconds) s: \(load.rawValue)")
    }
    let used = run.end.since(run.begin)
    return Measurement(
      contender: contender.name, load: load, connections: connections, report: report,
      microseconds: used.parts.mapValues { $0 * 1e6 / report.rate },
      busyCores: used.busyCores, notes: try await contender.settle())
  }

  /// A generator tells refusals from other answers and nothing more: the server knows a claim that won from
  /// one that was won before, and sold out from too busy.
  static func report(
    _ report: GeneratorReport, _ load: CompareLoad, _ before: [Int: Double]?,
    _ after: [Int: Double]?
  ) -> GeneratorReport {
    guard let status = load.status, let before, let after else { return report }
    var counts = after.merging(before) { $0 - $1 }
    // What the generator left behind when it ended: it did not count it either.
    counts[StatusCounts.clientGone] = nil
    let all = counts.values.reduce(0, +)
    guard all > 0 else { return report }
    return report.corrected(otherShare: max(0, 1 - (counts[status] ?? 0) / all))
  }
}
