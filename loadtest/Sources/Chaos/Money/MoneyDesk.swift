internal import Domain
internal import EventLoop

/// Fills the wallets of a round's buyers before they first pay, and has an operator credit and debit some
/// of them. Loop-confined.
final class MoneyDesk {
  let log = MoneyLog()
  private let installation: Installation
  private let connections: ServiceConnections
  private let loop: EventLoop
  private let prefix: String
  private var tokens: [Int: String] = [:]
  private var count = 0
  /// Users whose wallet was filled, in the order of that, by the tenant that they belong to.
  private var filled: [Int: [String]] = [:]
  private var known: Set<String> = []
  private var numbers: SeededNumbers

  /// What a buyer is given, and what goes in or out later, in minor units.
  private static let gift = 20 * SalePlan.price
  private static let changes = 1...(2 * SalePlan.price)
  private static let debitShare = 0.4
  private static let twinShare = 0.1
  private static let retryPause = Duration.milliseconds(50)

  /// - Parameter prefix: begins the names of all that is done.
  init(
    _ installation: Installation, connections: ServiceConnections, prefix: String,
    numbers: SeededNumbers
  ) {
    self.installation = installation
    self.connections = connections
    self.prefix = prefix
    self.numbers = numbers
    loop = installation.loop
  }

  /// Gives a user money once; false when it is not known whether that was done.
  func fill(_ user: String, of tenant: Int) async -> Bool {
    if known.contains(user) { return true }
    // The same name for whoever asks at the same time.
    let work = MoneyWork(
      reference: "\(prefix)gift-\(user)", kind: .credit, user: user, tenant: tenant,
      amount: Self.gift)
    guard case .done = await attempt(work) else { return false }
    if known.insert(user).inserted { filled[tenant, default: []].append(user) }
    return true
  }

  /// Has an operator credit or debit one of the users who were given money.
  func change(of tenant: Int) async {
    guard let user = filled[tenant]?.randomElement(using: &numbers) else { return }
    count += 1
    let work = MoneyWork(
      reference: "\(prefix)\(count)", kind: numbers.chance(Self.debitShare) ? .debit : .credit,
      user: user, tenant: tenant, amount: Int.random(in: Self.changes, using: &numbers))
    if numbers.chance(Self.twinShare) {
      let twin = loop.spawn { [self] in _ = await attempt(work) }
      await attempt(work)
      await twin.value
    } else {
      await attempt(work)
    }
  }

  /// Tries again what has no answer, until it has one or a moment has come.
  func resolve(clients group: ClientGroup, count: Int, until end: UInt64) async {
    while !log.unresolved.isEmpty, EventLoop.nanoseconds() < end {
      await group.work(through: Array(log.unresolved), clients: count, until: end) {
        [self] work in
        if await attempt(work) == .unknown { await loop.sleep(for: Self.retryPause) }
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

  @discardableResult
  private func attempt(_ work: MoneyWork) async -> MoneyOutcome {
    let process = Int.random(in: 0..<installation.apis.count, using: &numbers)
    let outcome = await connections.ask(
      process: process, work.request(token: token(of: work.tenant)),
      judge: MoneyAnswer.outcome)
    log.add(outcome, of: work)
    return outcome
  }

  private func token(of tenant: Int) -> String {
    if let token = tokens[tenant] { return token }
    let token = installation.token(
      user: "operator", of: ChaosTenant.all[tenant], role: .appAdmin)
    tokens[tenant] = token
    return token
  }
}
