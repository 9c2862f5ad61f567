internal import EventLoop

/// Sends a run's requests to the API processes of a site, closed loop, and says what they took.
/// Loop-confined.
struct ScaleLoad {
  let site: ScaleSite

  /// Workers that take part in a run: one for each API process.
  private struct Crew {
    let worker: Worker
    let driver: ScaleDriver
  }

  /// Sends all requests; each API process gets its part, over its part of the connections.
  ///
  /// What the ledger does for them counts: the figures are taken when it has all.
  ///
  /// - Parameter processes: API processes that take part.
  /// - Returns: the figures, and what was kept of each answer, by the number of its request.
  /// - Throws: `ScenarioError` when an answer was not the right one.
  func run(
    _ requests: ScaleRequests, connections: Int, processes: Int = 1
  ) async throws -> (figure: ScaleFigure, kept: [String]) {
    let crews = try await crews(requests, connections: connections, processes: processes)
    let before = site.processorSeconds()
    let traffic = LoopbackTraffic.bytes()
    let start = EventLoop.nanoseconds() + LoadRun.leadTime
    let tasks = crews.map { crew in site.loop.spawn { await crew.worker.run(from: start) } }
    for task in tasks { await task.value }
    let seconds = Double(EventLoop.nanoseconds() - start) / 1e9
    let bytes = LoopbackTraffic.bytes() - traffic
    try await site.settle()
    let after = site.processorSeconds()
    var tally = crews[0].worker.tally
    for crew in crews.dropFirst() { tally.merge(crew.worker.tally) }
    let wrong = tally.outcomes[ScaleDriver.Ending.wrong.rawValue].count
    guard wrong == 0 else {
      let problem = crews.compactMap(\.driver.problem).first ?? ""
      throw ScenarioError("\(wrong) of \(requests.count) answers are wrong: \(problem)")
    }
    func each(_ seconds: Double) -> Double { seconds * 1e6 / Double(requests.count) }
    let figure = ScaleFigure(
      rate: Double(requests.count) / seconds,
      percentile50: Double(tally.service.percentile(50)) / 1e6,
      percentile99: Double(tally.service.percentile(99)) / 1e6,
      api: each(after.api - before.api), redis: each(after.redis - before.redis),
      reconciler: each(after.reconciler - before.reconciler),
      postgres: each(after.postgres - before.postgres), network: bytes / Double(requests.count))
    return (figure, Self.inOrder(crews.map(\.driver.kept)))
  }

  private func crews(
    _ requests: ScaleRequests, connections: Int, processes: Int
  ) async throws -> [Crew] {
    let schedule = ArrivalSchedule(shape: .burst, count: requests.count, rate: 1)
    var crews: [Crew] = []
    for index in 0..<processes {
      let share = ScheduleShare(schedule: schedule, worker: index, workers: processes)
      var limits = WorkerLimits()
      limits.connections = (connections - index + processes - 1) / processes
      limits.isClosed = true
      let driver = ScaleDriver(requests, share: share)
      let worker = Worker(
        loop: site.loop, target: try site.target(index), share: share, driver: driver,
        outcomeCount: ScaleDriver.Ending.allCases.count, limits: limits)
      try await worker.connect()
      crews.append(Crew(worker: worker, driver: driver))
    }
    return crews
  }

  /// What every worker kept, put back into the order of the requests, which they took in turn.
  static func inOrder(_ parts: [[String]]) -> [String] {
    let longest = parts.map(\.count).max() ?? 0
    return (0..<longest).flatMap { index in parts.compactMap { index < $0.count ? $0[index] : nil }
    }
  }
}
