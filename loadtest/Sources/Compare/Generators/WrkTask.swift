/// One call of wrk.
struct WrkTask: GeneratorTask {
  let url: String
  /// The file with the Lua script that makes the requests.
  let script: String
  var environment: [String: String]
  /// Whether the right answer is one with a status of 400 or more.
  var wantsRefusals = false

  /// How long after its first connection, and before its end, a run is not representative.
  static let margin = Duration.milliseconds(200)

  func run<Sample>(
    connections: Int, seconds: Int, sample: (Int32) -> Sample
  ) async throws(ScenarioError) -> (report: GeneratorReport, begin: Sample, end: Sample) {
    let child = try await ChildProgram.start(
      [
        "wrk", "--threads", "1", "--connections", String(connections), "--duration", "\(seconds)s",
        "--latency", "--script", script, url,
      ], environment: environment)
    // The script makes all requests first; the thread that sends them is started then.
    _ = await ChildProgram.poll(within: .seconds(60)) {
      ProcessTree.threadCount(of: child.identifier) > 1 || !child.isRunning
    }
    try? await Task.sleep(for: Self.margin)
    let begin = sample(child.identifier)
    try? await Task.sleep(for: .seconds(seconds) - Self.margin - Self.margin)
    let end = sample(child.identifier)
    let text = try await child.finish(within: .seconds(seconds + 20))
    guard let report = GeneratorReport(wrk: text, wantsRefusals: wantsRefusals) else {
      throw ScenarioError("wrk said something else than expected: \(text)")
    }
    return (report, begin, end)
  }
}
