internal import Foundation

/// The result of a run for programs. Latencies in nanoseconds.
struct JSONReport: Encodable {
  struct Latency: Encodable {
    let count: UInt64
    let minimum: UInt64
    let mean: UInt64
    let maximum: UInt64
    let percentiles: [String: UInt64]
    /// The largest value of each bucket in use, and its count.
    let buckets: [[UInt64]]

    init(_ histogram: LatencyHistogram) {
      count = histogram.count
      minimum = histogram.minimum
      mean = histogram.mean
      maximum = histogram.maximum
      percentiles = Dictionary(
        uniqueKeysWithValues: [("50", 50.0), ("90", 90), ("95", 95), ("99", 99), ("99.9", 99.9)]
          .map { ($0, histogram.percentile($1)) })
      buckets = histogram.filledBuckets.map { [$0.upperBound, $0.count] }
    }
  }

  struct OutcomeReport: Encodable {
    let name: String
    let kind: String
    let latency: Latency
  }

  /// A second of the run. Latencies in nanoseconds.
  struct Second: Encodable {
    let seconds: Double
    let rate: Double
    let failureRate: Double
    let percentile50: UInt64
    let percentile95: UInt64
    let percentile99: UInt64
    let queue: Int

    init(_ point: TimeSeries.Point) {
      seconds = point.seconds
      rate = point.rate
      failureRate = point.failureRate
      percentile50 = point.percentile50
      percentile95 = point.percentile95
      percentile99 = point.percentile99
      queue = point.queue
    }
  }

  /// A figure of the installation under test: seconds since the start, and the value.
  struct Figure: Encodable {
    let name: String
    let values: [[Double]]

    init(_ name: String, _ points: [(seconds: Double, value: Double)]) {
      self.name = name
      values = points.map { [$0.seconds, $0.value] }
    }
  }

  let scenario: String
  let command: [String]
  let provenance: Provenance
  let held: Bool
  let missedObjectives: [String]
  /// Bounds that could not be looked at; ``held`` says nothing of them.
  let notMeasured: [String]
  let notBounded: [String]
  let course: [Second]
  let installation: [Figure]
  let requests: Int
  let seconds: Double
  let requestsPerSecond: Double
  let generatorProcessorSeconds: Double
  let reconnects: Int
  let outcomes: [OutcomeReport]
  let latency: Latency
  let serviceLatency: Latency
  let failures: [String: Int]
  let facts: [String: String]
  let breaches: Int
  let breachExamples: [String]

  init(_ report: RunReport) {
    let (result, tally) = (report.result, report.result.tally)
    scenario = report.scenario
    command = report.command
    provenance = report.provenance
    held = report.holds
    missedObjectives = report.missed
    notMeasured = report.unmeasured
    notBounded = report.unbounded
    course = result.series.points.map(Second.init)
    installation = Self.figures(report)
    requests = tally.finished
    seconds = result.seconds
    requestsPerSecond = Double(tally.finished) / max(result.seconds, 1e-9)
    generatorProcessorSeconds = result.processorSeconds
    reconnects = tally.reconnects
    self.outcomes = zip(report.outcomes, tally.outcomes).map {
      OutcomeReport(name: $0.name, kind: $0.kind.rawValue, latency: Latency($1))
    }
    latency = Latency(tally.all)
    serviceLatency = Latency(tally.service)
    failures = tally.failures
    facts = Dictionary(result.conclusion.facts.map { ($0.name, $0.value) }) { $1 }
    breaches = result.conclusion.breaches.count
    breachExamples = result.conclusion.breaches.examples
  }

  private static func figures(_ report: RunReport) -> [Figure] {
    let figures =
      [
        Figure("lag_ms", report.figure(\.lagMilliseconds)),
        Figure("stream_length", report.figure(\.streamLength)),
        Figure("dead_rows", report.figure(\.deadRows)),
      ]
      + report.processes.flatMap { name in
        [
          Figure("\(name) memory_bytes", report.figure { RunReport.memory(of: name, $0) }),
          Figure("\(name) descriptors", report.figure { RunReport.descriptors(of: name, $0) }),
        ]
      }
    return figures.filter { !$0.values.isEmpty }
  }

  /// The report as JSON text with snake_case names.
  func encoded() throws -> Data { try JSONText.encode(self) }

  func write(to path: String) throws {
    try OutputFile.write(encoded(), to: path)
  }
}
