/// The requests of one run, and who sends them.
protocol GeneratorTask: Sendable {
  /// Sends them.
  ///
  /// - Parameters:
  ///   - connections: kept alive for the whole run.
  ///   - seconds: how long, more or less.
  ///   - sample: called with the generator's process when the load has begun, and again shortly before
  ///     its end.
  /// - Throws: `ScenarioError` when the generator is missing or fails.
  func run<Sample>(
    connections: Int, seconds: Int, sample: (Int32) -> Sample
  ) async throws(ScenarioError) -> (report: GeneratorReport, begin: Sample, end: Sample)
}
