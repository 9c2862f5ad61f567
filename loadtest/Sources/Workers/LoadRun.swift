internal import EventLoop

/// A whole run: loops, workers, progress, and the sum of what they counted.
struct LoadRun: Sendable {
  /// What a run brought.
  struct Result: Sendable {
    let tally: Tally
    /// From the first planned arrival to the last answer.
    let seconds: Double
    /// CPU time of this process during the run, in seconds.
    let processorSeconds: Double
    var conclusion: Conclusion
    var series = TimeSeries()
  }

  let load: LoadOptions
  let limits: WorkerLimits

  /// Time between the last connection and the first request, so that all workers begin together.
  static let leadTime: UInt64 = 20_000_000

  init(load: LoadOptions) {
    self.load = load
    var limits = WorkerLimits()
    limits.requestTimeout = load.requestTimeout
    limits.isClosed = load.closed != nil
    limits.lastStart = load.closed?.lastStart ?? .max
    self.limits = limits
  }

  /// Runs `scenario`. Call it off the loops.
  ///
  /// - Throws: `ScenarioError` when the load could not begin.
  func run(
    _ scenario: any Scenario, display: ProgressDisplay
  ) async throws(ScenarioError) -> Result {
    let loops = (0..<load.threads).map { EventLoop.start(name: "load-\($0)") }
    defer { for loop in loops { loop.stop() } }
    let scenario = LoopConfined(scenario)
    try await on(loops[0]) { loop throws(ScenarioError) in
      try await scenario.value.prepare(on: loop)
    }
    let schedule = ArrivalSchedule(
      shape: load.shape, count: scenario.value.requestCount,
      rate: load.rate * Double(scenario.value.requestCount) / Double(max(load.requests, 1)))
    let workers = try await makeWorkers(scenario, schedule, loops)
    return try await measure(scenario, schedule, workers, display)
  }

  /// One worker with its driver, kept together for the end.
  struct Crew: Sendable {
    let loop: EventLoop
    let worker: LoopConfined<Worker>
    let driver: LoopConfined<any RequestDriver>

    // The bodies throw nothing; the loop outlives the run.
    func tally() async -> Tally { try! await loop.submit { worker.value.tally } }
    func close() async { try! await loop.submit { worker.value.close() } }
  }

  private func makeWorkers(
    _ scenario: LoopConfined<any Scenario>, _ schedule: ArrivalSchedule, _ loops: [EventLoop]
  ) async throws(ScenarioError) -> [Crew] {
    var workers: [Crew] = []
    for (index, loop) in loops.enumerated() {
      let share = ScheduleShare(schedule: schedule, worker: index, workers: loops.count)
      var limits = limits
      limits.connections = (load.connections - index + loops.count - 1) / loops.count
      let own = limits
      do {
        let crew = try await on(loop) { loop throws(ScenarioError) in
          let driver = scenario.value.makeDriver(for: share)
          let worker = Worker(
            loop: loop, target: load.target, share: share, driver: driver,
            outcomeCount: scenario.value.outcomes.count, limits: own)
          do throws(EventLoopError) {
            try await worker.connect()
          } catch {
            worker.close()
            throw ScenarioError(String(describing: error))
          }
          return Crew(loop: loop, worker: LoopConfined(worker), driver: LoopConfined(driver))
        }
        workers.append(crew)
      } catch {
        for crew in workers { await crew.close() }
        throw error
      }
    }
    return workers
  }

  private func measure(
    _ scenario: LoopConfined<any Scenario>, _ schedule: ArrivalSchedule, _ workers: [Crew],
    _ display: ProgressDisplay
  ) async throws(ScenarioError) -> Result {
    let start = EventLoop.nanoseconds() + Self.leadTime
    let processorStart = ProcessorTime.ofThisProcess()
    let runWatch = RunWatch(display, outcomes: scenario.value.outcomes, start: start)
    let watching = Task { await watch(workers, schedule, runWatch) }
    await withTaskGroup(of: Void.self) { group in
      for crew in workers {
        group.addTask { try! await crew.loop.submit { await crew.worker.value.run(from: start) } }
      }
    }
    let end = EventLoop.nanoseconds()
    let processorSeconds = ProcessorTime.ofThisProcess() - processorStart
    watching.cancel()
    var seen = await watching.value
    let tally = await Self.sum(workers)
    seen.end(tally)
    let conclusion = try await on(workers[0].loop) { loop throws(ScenarioError) in
      await scenario.value.conclude(
        drivers: workers.map(\.driver.value), tally: tally, on: loop)
    }
    return Result(
      tally: tally, seconds: Double(end - start) / 1e9, processorSeconds: processorSeconds,
      conclusion: conclusion, series: seen.series)
  }

  private func watch(
    _ workers: [Crew], _ schedule: ArrivalSchedule, _ watch: RunWatch
  ) async -> RunWatch {
    var watch = watch
    while true {
      try? await Task.sleep(for: watch.interval)
      if Task.isCancelled { return watch }
      let tally = await Self.sum(workers)
      // In a closed loop nothing is due before there is a client for it.
      let due =
        load.closed == nil ? schedule.due(by: UInt64(watch.seconds * 1e9)) : tally.started
      watch.look(tally, queue: max(0, due - tally.finished))
    }
  }

  private static func sum(_ workers: [Crew]) async -> Tally {
    var sum = await workers[0].tally()
    for crew in workers.dropFirst() { sum.merge(await crew.tally()) }
    return sum
  }

  /// Runs `body` on `loop`, keeping its error type.
  private func on<Value: Sendable>(
    _ loop: EventLoop, _ body: @escaping @Sendable (EventLoop) async throws(ScenarioError) -> Value
  ) async throws(ScenarioError) -> Value {
    do {
      return try await loop.submit { try await body(loop) }
    } catch let error as ScenarioError {
      throw error
    } catch {
      throw ScenarioError(String(describing: error))
    }
  }
}
