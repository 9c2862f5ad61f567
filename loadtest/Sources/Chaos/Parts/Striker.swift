internal import Embedded
internal import EventLoop
internal import Glibc

/// Carries out a round's strikes. Loop-confined.
final class Striker {
  let installation: Installation
  let loop: EventLoop
  var wipes: [WipeRecord] = []
  private(set) var failures: [String] = []
  /// What could not be done on this machine, and why.
  var skipped: [String] = []

  static let restartLimit = Duration.seconds(40)
  static let reopeningLimit = Duration.seconds(30)

  init(_ installation: Installation) {
    self.installation = installation
    loop = installation.loop
  }

  /// Strikes as planned from now on; returns when all that was struck is back.
  func carryOut(_ strikes: [Strike]) async {
    let start = EventLoop.nanoseconds()
    var lastOfPart: [ChaosPart: Task<Void, Never>] = [:]
    var tasks: [Task<Void, Never>] = []
    for strike in strikes {
      let earlier = strike.part.flatMap { lastOfPart[$0] }
      let task = loop.spawn { [self] in
        // A part is not struck again before it is back.
        await earlier?.value
        let passed = Duration.nanoseconds(Int64(EventLoop.nanoseconds() - start))
        await loop.sleep(for: max(.zero, strike.preparation - passed))
        await carryOut(strike)
      }
      if let part = strike.part { lastOfPart[part] = task }
      tasks.append(task)
    }
    for task in tasks { await task.value }
  }

  private func carryOut(_ strike: Strike) async {
    do {
      switch strike.kind {
      case .flush: try await flush()
      case .rollBack: try await rollBack(strike)
      case .promote: try await promote(strike)
      case .failOver: try await failOver(strike)
      case .losePower: try await losePower(strike)
      case .fillDisk(let server): try await fillDisk(of: server, fullFor: strike.pause)
      case .stepClock(let part, let step):
        try await stepClock(of: part, by: step, for: strike.pause)
      case .cut(let link): installation.links[link]?.cut()
      case .sever(let link):
        installation.links[link]?.isSevered = true
        await loop.sleep(for: strike.pause)
        installation.links[link]?.isSevered = false
      case .delay(let link, let delay):
        installation.links[link]?.delay = delay
        await loop.sleep(for: strike.pause)
        installation.links[link]?.delay = nil
      case .kill(let part): try await kill(part, downFor: strike.pause)
      case .freeze(let part):
        signal(part, SIGSTOP)
        await loop.sleep(for: strike.pause)
        signal(part, SIGCONT)
      case .restart(let part):
        guard let process = process(part) else { return }
        try await process.stop()
        await loop.sleep(for: strike.pause)
        try await process.start()
      }
    } catch {
      failures.append("\(strike): \(error)")
    }
  }

  private func kill(_ part: ChaosPart, downFor pause: Duration) async throws {
    process(part)?.expectEnd()
    signal(part, SIGKILL)
    try await awaitEnd(part)
    await loop.sleep(for: pause)
    try await start(part)
  }

  func start(_ part: ChaosPart) async throws {
    switch part {
    case .redis: try await installation.redis.start()
    case .postgres: try await installation.postgres.start()
    case .api, .reconciler: try await process(part)?.start()
    }
  }

  func process(_ part: ChaosPart) -> SpillwayProcess? {
    switch part {
    case .redis, .postgres: nil
    case .api(let number): installation.apis[number]
    case .reconciler(let number): installation.reconcilers[number]
    }
  }

  func signal(_ part: ChaosPart, _ signal: Int32) {
    switch part {
    case .redis: installation.redis.kill(signal: signal)
    case .postgres: installation.postgres.kill(signal: signal)
    case .api, .reconciler: process(part)?.send(signal: signal)
    }
  }

  func isRunning(_ part: ChaosPart) -> Bool {
    switch part {
    case .redis: installation.redis.processIdentifier != nil
    case .postgres: installation.postgres.processIdentifier != nil
    case .api, .reconciler: process(part)?.isRunning ?? false
    }
  }

  func awaitEnd(_ part: ChaosPart) async throws(ScenarioError) {
    guard await loop.poll(within: Self.restartLimit, { !isRunning(part) }) else {
      throw ScenarioError("\(part) did not end when it was killed")
    }
  }
}
