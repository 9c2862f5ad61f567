/// Measures contenders in turn, round by round, so that what else the machine does hits all alike.
struct Comparison {
  /// One run of one contender.
  struct Measurement: Sendable {
    let contender: String
    let load: CompareLoad
    let connections: Int
    let report: WrkReport
    /// CPU time of each part, in microseconds a request.
    let microseconds: [String: Double]
    let notes: [String: Double]
  }

  let rounds: Int
  let seconds: Int
  let connections: [Int]
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
      for load in CompareLoad.allCases {
        for connections in connections {
          for contender in contenders {
            announce(
              "round \(round)/\(rounds): \(contender.name), \(load.rawValue), \(connections) connections"
            )
            measurements.append(try await measure(contender, load, connections))
          }
        }
      }
    }
    return measurements
  }

  private func measure(
    _ contender: any Contender, _ load: CompareLoad, _ connections: Int
  ) async throws(ScenarioError) -> Measurement {
    let task = try await contender.prepare(load)
    let before = contender.processorSeconds()
    let report = try await task.run(connections: connections, seconds: seconds)
    let after = contender.processorSeconds()
    let used = after.mapValues { $0 }.merging(before) { $0 - $1 }
      .mapValues { $0 * 1e6 / Double(max(report.requests, 1)) }
    return Measurement(
      contender: contender.name, load: load, connections: connections, report: report,
      microseconds: used, notes: try await contender.settle())
  }
}
