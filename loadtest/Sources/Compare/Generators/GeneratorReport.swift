/// What a load generator said about one run.
struct GeneratorReport: Sendable, Equatable {
  let requests: Int
  /// Requests a second.
  let rate: Double
  /// In microseconds.
  let percentile50: Double
  /// Nil from a generator that does not tell.
  var percentile95: Double?
  let percentile99: Double
  /// Answers with a status of 400 or more.
  let refused: Int
  /// Connections and requests that broke or took too long.
  let socketErrors: Int
}
