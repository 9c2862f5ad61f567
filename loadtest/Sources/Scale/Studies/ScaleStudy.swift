/// One dimension measured on an installation of its own. Loop-confined.
struct ScaleStudy {
  let site: ScaleSite
  let sizes: ScaleSizes
  let rounds: Int
  /// Gets a line before each run.
  let announce: (String) -> Void

  /// Measures.
  ///
  /// - Throws: `ScenarioError` and what the servers' clients throw.
  func run(_ dimension: ScaleDimension) async throws -> ScaleTable {
    switch dimension {
    case .connections: try await connections()
    case .campaigns: try await campaigns()
    case .holders: try await holders()
    case .cells: try await cells()
    case .processes: try await processes()
    case .idle: try await idle()
    case .tickets: try await tickets()
    case .orders: try await orders()
    case .reopening: try await reopening()
    }
  }

  var load: ScaleLoad { ScaleLoad(site: site) }

  /// Measures every step once a round, so that what else the machine does hits all alike.
  ///
  /// - Parameter measure: makes ready and measures one step.
  /// - Returns: the steps in words, each with its runs.
  func inTurn(
    _ steps: [Int], _ noun: String, measure: (Int) async throws -> ScaleFigure
  ) async throws -> [(step: String, runs: [ScaleFigure])] {
    var runs: [[ScaleFigure]] = Array(repeating: [], count: steps.count)
    for round in 1...rounds {
      for (index, step) in steps.enumerated() {
        announce("round \(round)/\(rounds): \(TextFormat.grouped(step)) \(noun)")
        runs[index].append(try await measure(step))
      }
    }
    return zip(steps, runs).map { (TextFormat.grouped($0), $1) }
  }

  /// Requests that no figure is taken of: caches fill, tables get their first pages.
  func warmUp(_ targets: [ScaleCampaign], processes: Int = 1) async throws {
    _ = try await load.run(
      .claims(targets, count: min(sizes.requests, Self.warmUpRequests), from: 0),
      connections: sizes.usualConnections, processes: processes)
  }

  private static let warmUpRequests = 10_000

  /// Storage in words of a table, in bytes.
  static func cells(_ storage: ScaleStorage) -> [String] {
    [storage.redis, storage.appendOnlyFile, storage.database, storage.log].map {
      TextFormat.grouped(Int($0.rounded()))
    }
  }

  /// The medians of several readings, each value for itself.
  static func median(_ readings: [ScaleStorage]) -> ScaleStorage {
    ScaleStorage(
      redis: Median.of(readings.map(\.redis)),
      appendOnlyFile: Median.of(readings.map(\.appendOnlyFile)),
      database: Median.of(readings.map(\.database)), log: Median.of(readings.map(\.log)))
  }
}
