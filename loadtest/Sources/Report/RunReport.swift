internal import EventLoop

/// A run with all that was seen of it, for its reports.
struct RunReport: Sendable {
  let scenario: String
  let outcomes: [Outcome]
  let result: LoadRun.Result
  let provenance: Provenance
  /// The installation, second by second; empty where it could not be looked into.
  var readings: [InstallationReading] = []
  /// Objectives that were missed, in words.
  var missed: [String] = []
  /// Bounds on what the installation uses that could not be looked at, in words.
  var unmeasured: [String] = []
  /// What of the installation is shown and has no bound, and why.
  var unbounded: [String] = []
  /// The words of the command line behind `spillway-loadtest`.
  var command: [String] = []

  /// Breaches and missed objectives: what a run fails by.
  var holds: Bool { missed.isEmpty && result.conclusion.breaches.count == 0 }

  /// The first moment of the run on the monotonic clock, as its points tell it.
  private var start: UInt64? {
    result.series.points.first.map { $0.moment - UInt64($0.seconds * 1e9) }
  }

  /// A figure of the installation by seconds since the start, where it is known and within the run.
  func figure(_ value: (InstallationReading) -> Int?) -> [(seconds: Double, value: Double)] {
    guard let start, let end = result.series.points.last?.moment else { return [] }
    return readings.compactMap { reading in
      guard reading.moment >= start, reading.moment <= end, let value = value(reading) else {
        return nil
      }
      return (Double(reading.moment - start) / 1e9, Double(value))
    }
  }

  /// The names of the processes that were looked at.
  var processes: [String] {
    var seen = Set<String>()
    return readings.flatMap { $0.processes.map(\.name) }.filter { seen.insert($0).inserted }
  }
}
