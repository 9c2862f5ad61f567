internal import Domain
internal import EventLoop

/// The users of a round: many clients that claim, one request after the other, whatever happens.
/// Loop-confined.
final class Crowd {
  let log = ClaimLog()
  private let installation: Installation
  private let campaigns: [ChaosCampaign]
  private let loop: EventLoop
  private var numbers: SeededNumbers
  private var newcomers: [Int]
  private var tokens: [[String?]]
  private var isOver = false

  /// The longest pause of a client between two claims, in milliseconds.
  private static let longestPause = 12
  /// The share of claims by users who have claimed before.
  private static let repeatShare = 0.3
  /// How often a claim without an answer is asked again at once, with the same key.
  private static let retryShare = 0.3
  private static let retryPause = Duration.milliseconds(50)

  init(_ installation: Installation, campaigns: [ChaosCampaign], numbers: SeededNumbers) {
    self.installation = installation
    self.campaigns = campaigns
    self.numbers = numbers
    loop = installation.loop
    newcomers = campaigns.map { _ in 0 }
    tokens = campaigns.map { Array(repeating: nil, count: $0.plan.users) }
  }

  // MARK: Claiming

  /// Starts the clients; they go on until ``end()``.
  func begin(clients: Int) -> [Task<Void, Never>] {
    let hot = campaigns.indices.filter { campaigns[$0].plan.acknowledgement == .hot }
    return (0..<clients).map { client in
      // While Postgres is away, who asks for the ledger's word waits; the others go on.
      let choice = client % 2 == 0 ? hot : Array(campaigns.indices)
      return loop.spawn { [self] in
        let senders = makeSenders()
        defer { for sender in senders { sender.close() } }
        while !isOver {
          await ask(log.add(nextIntent(among: choice)), senders)
          await loop.sleep(
            for: .milliseconds(Int.random(in: 0...Self.longestPause, using: &numbers)))
        }
      }
    }
  }

  /// Lets each client finish the claim under way and then stop.
  func end() { isOver = true }

  private func makeSenders() -> [ClaimSender] {
    installation.apis.compactMap { $0.port.map { ClaimSender(port: $0, loop: loop) } }
  }

  private func nextIntent(among choice: [Int]) -> ClaimIntent {
    let campaign = choice.randomElement(using: &numbers) ?? 0
    let plan = campaigns[campaign].plan
    let seen = newcomers[campaign]
    let key =
      numbers.chance(plan.keyedShare)
      ? "key-\(UInt64.random(in: 0...UInt64.max, using: &numbers))" : nil
    if seen == 0 || (seen < plan.users && !numbers.chance(Self.repeatShare)) {
      newcomers[campaign] += 1
      return ClaimIntent(campaign: campaign, user: seen, key: key)
    }
    return ClaimIntent(
      campaign: campaign, user: Int.random(in: 0..<seen, using: &numbers), key: key)
  }

  /// Asks for a coupon, perhaps again when no answer comes.
  private func ask(_ intent: Int, _ senders: [ClaimSender]) async {
    while true {
      let outcome = await send(intent, senders)
      switch outcome {
      case .unsent where !isOver, .unknown where !isOver && numbers.chance(Self.retryShare):
        await loop.sleep(for: Self.retryPause)
      default: return
      }
    }
  }

  @discardableResult
  private func send(_ number: Int, _ senders: [ClaimSender]) async -> LoggedClaim.Outcome {
    let intent = log.intents[number]
    let campaign = campaigns[intent.campaign]
    guard let sender = senders.randomElement(using: &numbers) else { return .unsent }
    let started = EventLoop.nanoseconds()
    let outcome = await sender.claim(campaign, token: token(of: intent), key: intent.key)
    log.add(
      LoggedClaim(
        intent: number, startedAt: started, endedAt: EventLoop.nanoseconds(), outcome: outcome))
    return outcome
  }

  private func token(of intent: ClaimIntent) -> String {
    if let token = tokens[intent.campaign][intent.user] { return token }
    let campaign = campaigns[intent.campaign]
    let token = installation.token(user: campaign.name(of: intent.user), of: campaign.tenant)
    tokens[intent.campaign][intent.user] = token
    return token
  }

  // MARK: Afterwards

  /// Asks again for everything that has no answer, until it has one; false when `limit` has passed.
  func resolve(clients: Int, within limit: Duration) async -> Bool {
    let end = EventLoop.nanoseconds() + limit.milliseconds * 1_000_000
    while !log.unresolved.isEmpty, EventLoop.nanoseconds() < end {
      await ask(Array(log.unresolved), clients: clients, until: end)
    }
    return log.unresolved.isEmpty
  }

  /// Asks again for intents that have a coupon of their own: the answers must be the same.
  func repeatSample(of count: Int, clients: Int) async {
    let answered = log.claims.filter { claim in
      log.intents[claim.intent].key != nil && claim.told?.isOwn == true
    }.map(\.intent)
    let sample = (0..<min(count, answered.count)).compactMap { _ in
      answered.randomElement(using: &numbers)
    }
    await ask(sample, clients: clients, until: .max)
  }

  private func ask(_ intents: [Int], clients: Int, until end: UInt64) async {
    var rest = intents[...]
    let tasks = (0..<clients).map { _ in
      loop.spawn { [self] in
        let senders = makeSenders()
        defer { for sender in senders { sender.close() } }
        while let intent = rest.popFirst(), EventLoop.nanoseconds() < end {
          let outcome = await send(intent, senders)
          if outcome == .unknown || outcome == .unsent { await loop.sleep(for: Self.retryPause) }
        }
      }
    }
    for task in tasks { await task.value }
  }
}
