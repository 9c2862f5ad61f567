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

  let scenario: String
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

  init(scenario: String, outcomes: [Outcome], result: LoadRun.Result) {
    let tally = result.tally
    self.scenario = scenario
    requests = tally.finished
    seconds = result.seconds
    requestsPerSecond = Double(tally.finished) / max(result.seconds, 1e-9)
    generatorProcessorSeconds = result.processorSeconds
    reconnects = tally.reconnects
    self.outcomes = zip(outcomes, tally.outcomes).map {
      OutcomeReport(name: $0.name, kind: $0.kind.rawValue, latency: Latency($1))
    }
    latency = Latency(tally.all)
    serviceLatency = Latency(tally.service)
    failures = tally.failures
    facts = Dictionary(result.conclusion.facts.map { ($0.name, $0.value) }) { $1 }
    breaches = result.conclusion.breaches.count
    breachExamples = result.conclusion.breaches.examples
  }

  /// The report as JSON text with snake_case names.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return try encoder.encode(self)
  }

  func write(to path: String) throws {
    try OutputFile.write(encoded(), to: path)
  }
}
