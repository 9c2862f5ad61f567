internal import EventLoop

/// Operators who do things, sometimes twice at once or again later, and try again what has no answer.
/// Loop-confined.
final class OperatorDesk<Work: OperatorWork> {
  let log = OperatorLog<Work>()
  let loop: EventLoop
  private let installation: Installation
  private let connections: ServiceConnections
  private var tokens: [Int: String] = [:]
  private var numbers: SeededNumbers
  private var echoes: [Task<Void, Never>] = []

  /// The share of what is done twice at once, and of what is done again later.
  private static var twinShare: Double { 0.1 }
  private static var echoShare: Double { 0.1 }
  private static var longestEcho: Duration { .seconds(4) }
  private static var retryPause: Duration { .milliseconds(50) }

  init(
    _ installation: Installation, connections: ServiceConnections, numbers: SeededNumbers
  ) {
    self.installation = installation
    self.connections = connections
    self.numbers = numbers
    loop = installation.loop
  }

  /// Does something, perhaps twice at once, and perhaps again later.
  func carryOut(_ work: Work) async {
    let twin =
      numbers.chance(Self.twinShare) ? loop.spawn { [self] in _ = await attempt(work) } : nil
    await attempt(work)
    await twin?.value
    guard numbers.chance(Self.echoShare) else { return }
    let pause = numbers.duration(in: .zero...Self.longestEcho)
    echoes.append(
      loop.spawn { [self] in
        await loop.sleep(for: pause)
        await attempt(work)
      })
  }

  /// Waits for what is still to be done again.
  func finish() async {
    while let echo = echoes.popLast() { await echo.value }
  }

  @discardableResult
  func attempt(_ work: Work) async -> Work.Outcome {
    let process = Int.random(in: 0..<installation.apis.count, using: &numbers)
    let outcome = await connections.ask(
      process: process, work.request(token: token(of: work.tenant)), judge: Work.outcome)
    log.add(outcome, of: work)
    return outcome
  }

  /// Tries again what has no answer, until it has one or a moment has come.
  func resolve(clients group: ClientGroup, count: Int, until end: UInt64) async {
    while !log.unresolved.isEmpty, EventLoop.nanoseconds() < end {
      await group.work(through: Array(log.unresolved), clients: count, until: end) {
        [self] work in
        if await attempt(work).isUnknown { await loop.sleep(for: Self.retryPause) }
      }
    }
  }

  /// Tries again some of what was done: the answers must be the same.
  func repeatSample(of count: Int, clients group: ClientGroup) async {
    let done = log.outcomes.keys.sorted { $0.reference < $1.reference }
    let sample = (0..<min(count, done.count)).compactMap { _ in
      done.randomElement(using: &numbers)
    }
    await group.work(through: sample, clients: 1) { [self] work in await attempt(work) }
  }

  private func token(of tenant: Int) -> String {
    if let token = tokens[tenant] { return token }
    let token = installation.token(
      user: "operator", of: ChaosTenant.all[tenant], role: .appAdmin)
    tokens[tenant] = token
    return token
  }
}
