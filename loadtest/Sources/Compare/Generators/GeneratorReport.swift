/// What a load generator said about one run.
struct GeneratorReport: Sendable, Equatable {
  let requests: Int
  /// Answers a second that the run is about; others do not count.
  var rate: Double
  /// In microseconds.
  let percentile50: Double
  /// Nil from a generator that does not tell.
  var percentile95: Double?
  let percentile99: Double
  /// Answers with a status of 400 or more.
  let refused: Int
  /// Connections and requests that broke or took too long.
  let socketErrors: Int
  /// The share of other answers, from 0 to 1.
  var otherShare = 0.0

  /// The same, where so many of all answers were others, as somebody knows better.
  func corrected(otherShare: Double) -> GeneratorReport {
    guard self.otherShare < 1 else { return self }
    var report = self
    report.rate = rate / (1 - self.otherShare) * (1 - otherShare)
    report.otherShare = otherShare
    return report
  }
}
