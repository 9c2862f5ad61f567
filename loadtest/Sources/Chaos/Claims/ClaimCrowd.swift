internal import Domain
internal import EventLoop

/// The users of a round who claim, one request after the other, whatever happens. Loop-confined.
final class ClaimCrowd {
  let log = ClaimLog()
  private let installation: Installation
  private let campaigns: [ChaosCampaign]
  private let clients: ClientGroup
  private let connections: ServiceConnections
  private let loop: EventLoop
  private var numbers: SeededNumbers
  private var newcomers: [Int]
  private var tokens: [[String?]]

  /// The longest pause of a client between two claims, in milliseconds.
  private static let longestPause = 12
  /// The share of claims by users who have claimed before.
  private static let repeatShare = 0.3
  /// How often a claim without an answer is asked again at once, with the same key.
  private static let retryShare = 0.3
  private static let retryPause = Duration.milliseconds(50)
  /// The share of claims for an order that are sent twice at once, and of those that are sent once more.
  private static let twinShare = 0.1
  private static let echoShare = 0.1

  init(_ installation: Installation, campaigns: [ChaosCampaign], numbers: SeededNumbers) {
    self.installation = installation
    self.campaigns = campaigns
    self.numbers = numbers
    loop = installation.loop
    clients = ClientGroup(loop: loop)
    connections = ServiceConnections(installation)
    newcomers = campaigns.map { _ in 0 }
    tokens = campaigns.map { Array(repeating: nil, count: $0.plan.users) }
  }

  // MARK: Claiming

  /// Starts the clients; they go on until ``end()``.
  func begin(clients count: Int) -> [Task<Void, Never>] {
    let hot = campaigns.indices.filter { campaigns[$0].plan.acknowledgement == .hot }
    let all = Array(campaigns.indices)
    return clients.begin(count) { [self] client in
      // While Postgres is away, who asks for the ledger's word waits; the others go on.
      await ask(log.add(nextIntent(among: client % 2 == 0 ? hot : all)))
      await loop.sleep(for: .milliseconds(Int.random(in: 0...Self.longestPause, using: &numbers)))
    }
  }

  /// Claims for a user who needs a coupon now.
  ///
  /// - Returns: the coupon; nil when there is none, or no answer.
  func claim(from campaign: Int, user: Int) async -> Identifier? {
    let intent = log.add(
      ClaimIntent(
        campaign: campaign, user: user,
        key: "key-\(UInt64.random(in: 0...UInt64.max, using: &numbers))"))
    let twin =
      numbers.chance(Self.twinShare) ? loop.spawn { [self] in _ = await send(intent) } : nil
    let outcome = await send(intent)
    await twin?.value
    if numbers.chance(Self.echoShare) { await send(intent) }
    guard case .coupon(let told) = outcome else { return nil }
    return told.coupon
  }

  /// Lets each client finish the claim under way and then stop.
  func end() { clients.end() }

  func close() { connections.close() }

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
  private func ask(_ intent: Int) async {
    while true {
      let outcome = await send(intent)
      switch outcome {
      case .unsent where !clients.isOver,
        .unknown where !clients.isOver && numbers.chance(Self.retryShare):
        await loop.sleep(for: Self.retryPause)
      default: return
      }
    }
  }

  @discardableResult
  private func send(_ number: Int) async -> LoggedClaim.Outcome {
    let intent = log.intents[number]
    let campaign = campaigns[intent.campaign]
    let process = Int.random(in: 0..<installation.apis.count, using: &numbers)
    let started = EventLoop.nanoseconds()
    let outcome = await connections.ask(
      process: process,
      ClaimJudgement.request(campaign, token: token(of: intent), key: intent.key)
    ) { ClaimJudgement.outcome($0, campaign) }
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

  /// Asks again for everything that has no answer, until it has one or `limit` has passed.
  func resolve(clients count: Int, within limit: Duration) async {
    let end = EventLoop.nanoseconds() + limit.milliseconds * 1_000_000
    while !log.unresolved.isEmpty, EventLoop.nanoseconds() < end {
      await ask(Array(log.unresolved), clients: count, until: end)
    }
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

  private func ask(_ intents: [Int], clients count: Int, until end: UInt64) async {
    await clients.work(through: intents, clients: count, until: end) { [self] intent in
      let outcome = await send(intent)
      if outcome == .unknown || outcome == .unsent { await loop.sleep(for: Self.retryPause) }
    }
  }
}
