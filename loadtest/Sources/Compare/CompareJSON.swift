/// The measurements of a comparison for programs.
struct CompareJSON: Encodable {
  /// One run of one contender.
  struct Run: Encodable {
    let contender: String
    let load: String
    let connections: Int
    let requests: Int
    let requestsPerSecond: Double
    /// Milliseconds.
    let percentile50: Double
    let percentile95: Double?
    let percentile99: Double
    let refused: Int
    /// The share of answers that the load is not about, from 0 to 1; they are not in the rate.
    let otherShare: Double
    let socketErrors: Int
    /// CPU time of each part and of the generator, in microseconds a request.
    let microseconds: [String: Double]
    let busyCores: Double?
    let notes: [String: Double]

    init(_ run: Comparison.Measurement) {
      contender = run.contender
      load = run.load.rawValue
      connections = run.connections
      requests = run.report.requests
      requestsPerSecond = run.report.rate
      percentile50 = run.report.percentile50 / 1000
      percentile95 = run.report.percentile95.map { $0 / 1000 }
      percentile99 = run.report.percentile99 / 1000
      refused = run.report.refused
      otherShare = run.report.otherShare
      socketErrors = run.report.socketErrors
      microseconds = run.microseconds
      busyCores = run.busyCores
      notes = run.notes
    }
  }

  let command: [String]
  let provenance: Provenance
  let suite: String
  /// What else a reader has to know.
  let conditions: [String]
  /// All runs, round by round.
  let runs: [Run]
  /// Aims and whether they were reached; nil where the suite has none.
  let aims: [AimTable.Row]?
}
