/// One call of redis-benchmark: the plain claim straight in Redis, each time for a user at random.
struct RedisBenchmarkTask: GeneratorTask {
  let socket: String
  /// The script's SHA-1, as Redis knows it.
  let digest: String
  /// How many calls go out on a connection before their answers are waited for.
  let pipeline: Int
  /// How many threads share the connections.
  let threads: Int

  /// Calls that tell how many a run has to make: redis-benchmark counts calls, not seconds.
  static let calibrationCalls = 30_000
  /// How many users there may be; few of a run's calls name one that another call named.
  static let users = Int(Int32.max)
  /// How often it is looked whether the run still lasts.
  private static let interval = Duration.milliseconds(100)

  func run<Sample>(
    connections: Int, seconds: Int, sample: (Int32) -> Sample
  ) async throws(ScenarioError) -> (report: GeneratorReport, begin: Sample, end: Sample) {
    let calls = Self.calibrationCalls * min(pipeline, 4)
    let trial = try await start(connections, calls: calls)
    let rate = try report(try await trial.finish(within: .seconds(60)), calls: calls).rate
    let wanted = max(calls, Int(rate) * seconds)
    let child = try await start(connections, calls: wanted)
    try? await Task.sleep(for: WrkTask.margin)
    let begin = sample(child.identifier)
    var end = begin
    let limit = ContinuousClock.now + .seconds(seconds * 10 + 20)
    while child.isRunning, ContinuousClock.now < limit {
      let latest = sample(child.identifier)
      // Once it has ended its own time is gone, and the last full look counts.
      if child.isRunning { end = latest }
      try? await Task.sleep(for: Self.interval)
    }
    let text = try await child.finish(within: .seconds(5))
    return (try report(text, calls: wanted), begin, end)
  }

  private func start(_ connections: Int, calls: Int) async throws(ScenarioError) -> ChildProgram {
    try await ChildProgram.start(arguments(connections: connections, calls: calls))
  }

  /// The command line.
  func arguments(connections: Int, calls: Int) -> [String] {
    // One thread is what it has without the option, which locks what threads share.
    let threading = threads > 1 ? ["--threads", String(threads)] : []
    return [
      "redis-benchmark", "-s", socket, "-c", String(connections), "-n", String(calls), "-P",
      String(pipeline), "-r", String(Self.users),
    ] + threading + ["--csv", "EVALSHA", digest, "3"] + ClaimRedis.keys + ["U__rand_int__"]
  }

  private func report(_ text: String, calls: Int) throws(ScenarioError) -> GeneratorReport {
    guard let report = GeneratorReport(redisBenchmark: text, requests: calls) else {
      throw ScenarioError("redis-benchmark said something else than expected: \(text)")
    }
    return report
  }
}
