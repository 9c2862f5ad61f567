internal import Domain
internal import EventLoop
internal import Services

/// One round: crowds, strikes, recovery, and the checks. Loop-confined.
struct ChaosRound {
  let plan: RoundPlan
  let options: ChaosOptions
  let installation: Installation

  /// How long everything may take to serve again once all parts run.
  static let recoveryLimit = Duration.seconds(20)
  /// How long what has no answer may take to get one, once everything serves.
  static let resolutionLimit = Duration.seconds(30)
  /// How long the ledger may take to have every fact.
  static let settlingLimit = Duration.seconds(15)

  private var loop: EventLoop { installation.loop }

  /// - Throws: `ScenarioError` when the round cannot begin or cannot be judged.
  func run() async throws -> RoundReport {
    var report = RoundReport(plan: plan)
    let scenarios = makeScenarios()
    for scenario in scenarios { try await scenario.prepare() }
    let history = await strike(scenarios, &report)
    await resolve(scenarios, &report)
    for end in installation.unexpectedEnds { report.breaches.add(end) }
    judgeReopening(history.wipes, &report)
    if let breach = options.breach {
      try await Tampering(installation: installation).carryOut(breach)
    }
    for scenario in scenarios { try await scenario.judge(history, &report) }
    if let audit = try await AuditRun(installation: installation).breach() {
      report.breaches.add(audit)
    }
    return report
  }

  /// What the crowds of the round do, each with chance of its own.
  private func makeScenarios() -> [any ChaosScenario] {
    let seed = options.seed ^ UInt64(plan.number) << 32
    var scenarios: [any ChaosScenario] = []
    if options.crowds.claims {
      scenarios.append(ClaimChaos(plan, installation, numbers: SeededNumbers(seed: seed)))
    }
    if options.crowds.orders {
      scenarios.append(
        OrderChaos(
          plan, installation, habits: options.crowds.habits, numbers: SeededNumbers(seed: ~seed)))
    }
    return scenarios
  }

  // MARK: During

  /// Lets the crowds come while parts are struck; returns when all serves again and nobody comes any
  /// more.
  private func strike(
    _ scenarios: [any ChaosScenario], _ report: inout RoundReport
  ) async -> RoundHistory {
    let striker = Striker(installation)
    let share = max(1, options.clients / scenarios.count)
    let clients = scenarios.flatMap { $0.begin(clients: share) }
    let length = loop.spawn { await loop.sleep(for: plan.length) }
    await striker.carryOut(plan.strikes)
    for failure in striker.failures { report.breaches.add(failure) }
    report.skipped = striker.skipped
    for scenario in scenarios { await scenario.finishOperations() }
    var history = RoundHistory(wipes: striker.wipes)
    await recover(&history, &report)
    await length.value
    for scenario in scenarios { scenario.end() }
    for client in clients { await client.value }
    return history
  }

  /// Waits until everything serves again, and notes when that was.
  private func recover(_ history: inout RoundHistory, _ report: inout RoundReport) async {
    let start = EventLoop.nanoseconds()
    let isRecovered = await loop.poll(within: Self.recoveryLimit) {
      await installation.readyCount() == installation.apis.count
    }
    let end = EventLoop.nanoseconds()
    await awaitCommands(&report)
    if isRecovered {
      report.recoveredAfter = Int((end - start) / 1_000_000)
    } else {
      report.breaches.add("not everything served again within \(Self.recoveryLimit)")
    }
    history.recoveredAt = EventLoop.nanoseconds()
    history.recoveredAtTime = Int(WallClock.system.now().milliseconds)
  }

  private func awaitCommands(_ report: inout RoundReport) async {
    if await !Settling(installation: installation).awaitCommands(within: Self.recoveryLimit) {
      report.breaches.add("the cells were not told of all changes within \(Self.recoveryLimit)")
    }
  }

  // MARK: After

  /// Gives everything an answer, and waits until ledger and Redis are at rest.
  private func resolve(
    _ scenarios: [any ChaosScenario], _ report: inout RoundReport
  ) async {
    for scenario in scenarios {
      let left = await scenario.resolve(clients: options.clients, within: Self.resolutionLimit)
      if let left { report.breaches.add(left) }
      await scenario.repeatSample(clients: options.clients)
    }
    for scenario in scenarios {
      if let unrest = await scenario.rest() { report.breaches.add(unrest) }
    }
    await awaitCommands(&report)
    if await !Settling(installation: installation).awaitFacts(within: Self.settlingLimit) {
      report.breaches.add("the ledger did not catch up within \(Self.settlingLimit)")
    }
  }

  private func judgeReopening(_ wipes: [WipeRecord], _ report: inout RoundReport) {
    for wipe in wipes {
      report.reopenedAfter = wipe.reopenedAfter
      guard plan.measuresReopening else { continue }
      let limit = options.reopeningLimit
      if wipe.reopenedAfter.map({ $0 > Int(limit.milliseconds) }) ?? true {
        report.breaches.add("the cells were not open again within \(limit) of the wipe")
      }
    }
    if plan.hasWipe, wipes.isEmpty { report.breaches.add("Redis could not be wiped") }
  }
}
