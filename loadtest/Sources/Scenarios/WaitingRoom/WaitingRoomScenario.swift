internal import Domain
internal import EventLoop

/// Visitors wait for their turn in a room of their own: they join, ask at the pace that each answer
/// names, leave, lapse, load their page anew and come back. Every answer is checked.
final class WaitingRoomScenario: LoadScenario {
  static let name = "waiting-room"
  static let summary = "visitors wait in a new room, leave, lapse, reload and come back"
  static let options = RoomOptions.options

  let outcomes = RoomOutcome.all
  /// What progress is told by: visitors, however often each asks.
  var requestCount: Int { options.visitors }
  private let load: LoadOptions
  private let options: RoomOptions

  /// How often the server is asked how many are inside.
  static let sampleInterval = Duration.milliseconds(250)

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    self.load = load
    options = try RoomOptions(arguments, load: load)
  }

  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result {
    let loop = EventLoop.start(name: "crowd")
    defer { loop.stop() }
    let (load, options) = (load, options)
    do {
      return try await loop.submit { try await Self.run(options, load, display, loop) }
    } catch let error as ScenarioError {
      throw error
    } catch {
      throw ScenarioError("\(error)")
    }
  }

  private static func run(
    _ options: RoomOptions, _ load: LoadOptions, _ display: ProgressDisplay, _ loop: EventLoop
  ) async throws -> LoadRun.Result {
    let maker = RoomMaker(
      client: HTTPClient(target: load.target, loop: loop),
      token: try TokenSource(options.tokens).administrator(.marketingManager))
    let room = try await maker.make(options.wish)
    let crowd = RoomCrowd(room: room, options: options, load: load, loop: loop)
    var inside = Breaches()
    var mostInside = 0
    let start = EventLoop.nanoseconds()
    var counter = AdmissionCounter(admissionsPerSecond: options.admissions, start: start)
    let client = HTTPClient(target: load.target, loop: loop)
    var watch = RunWatch(display, outcomes: RoomOutcome.all, start: start)
    let processorStart = ProcessorTime.ofThisProcess()
    let sampler = loop.spawn {
      while !Task.isCancelled {
        if let count = await maker.inside(room) {
          mostInside = max(mostInside, count)
          if count > options.capacity {
            inside.add("the server counts \(count) inside of \(options.capacity)")
          }
        }
        let asked = EventLoop.nanoseconds()
        if let count = await admissions(of: room, client) {
          counter.read(count, asked: asked, told: EventLoop.nanoseconds())
        }
        await loop.sleep(for: sampleInterval)
      }
    }
    let watcher = loop.spawn {
      while !Task.isCancelled {
        await loop.sleep(for: watch.interval)
        watch.look(crowd.tally, finished: crowd.done, queue: crowd.waiting)
      }
    }
    let arrivals = ArrivalSchedule(
      shape: load.shape, count: options.visitors, rate: load.rate)
    try await crowd.run(arrivals, limit: limit(options, arrivals))
    let length = watch.seconds
    sampler.cancel()
    watcher.cancel()
    await sampler.value
    await watcher.value
    watch.end(crowd.tally, finished: crowd.done)
    crowd.record.judgeRate()
    var conclusion = conclusion(crowd, room, length)
    conclusion.facts.append(("most inside, as the server counts", TextFormat.grouped(mostInside)))
    conclusion.facts.append(
      (
        "admissions, as the server counts",
        counter.readings == 0
          ? "not told: the process that was asked does not admit"
          : "\(TextFormat.grouped(counter.admitted)), every window between two of "
            + "\(TextFormat.grouped(counter.readings)) readings"
      ))
    conclusion.breaches.merge(inside)
    conclusion.breaches.merge(counter.breaches)
    return LoadRun.Result(
      tally: crowd.tally, seconds: length,
      processorSeconds: ProcessorTime.ofThisProcess() - processorStart, conclusion: conclusion,
      series: watch.series)
  }

  private static func admissions(of room: Identifier, _ client: HTTPClient) async -> Int? {
    guard let answer = try? await client.request("GET", "/metrics"), answer.status == 200 else {
      return nil
    }
    return AdmissionCounter.count(of: room, in: answer.body)
  }

  /// Whoever is not through after this starves: three times as long as places and rate ask for, and
  /// the longest that a visitor is away or inside.
  private static func limit(_ options: RoomOptions, _ arrivals: ArrivalSchedule) -> Duration {
    if let limit = options.limit { return .seconds(limit) }
    let inside =
      Double(options.behaviour.inside) / 1000
      + (options.behaviour.stay + options.behaviour.lapse)
      * Double(options.sessionSeconds + options.graceSeconds)
    let rate = min(Double(options.admissions), Double(options.capacity) / inside)
    let away = Double(2 * options.graceSeconds + options.sessionSeconds)
    let limit = arrivals.seconds + 3 * Double(options.visitors) / rate + 3 * away + 30
    return .seconds(min(limit, LoadOptions.lengths.upperBound))
  }

  private static func conclusion(
    _ crowd: RoomCrowd, _ room: Identifier, _ seconds: Double
  ) -> Conclusion {
    let waits = crowd.waits
    return Conclusion(
      facts: [
        ("room", "\(room)"),
        ("visitors", TextFormat.grouped(crowd.visitors.count)),
        (
          "admitted",
          "\(TextFormat.grouped(crowd.record.admitted)), "
            + "\(TextFormat.fixed(Double(crowd.record.admitted) / max(seconds, 0.001), 1))/s"
        ),
        ("rate of admissions checked", crowd.record.rateCheck),
        ("lapsed", TextFormat.grouped(crowd.lapsed)),
        ("joined anew after that", TextFormat.grouped(crowd.returned)),
        ("most inside, as the visitors know", TextFormat.grouped(crowd.record.mostInside)),
        (
          "waited for admission",
          "P50 \(TextFormat.latency(waits.percentile(50))), "
            + "P99 \(TextFormat.latency(waits.percentile(99))), "
            + "longest \(TextFormat.latency(waits.maximum))"
        ),
      ], breaches: crowd.record.breaches)
  }
}
