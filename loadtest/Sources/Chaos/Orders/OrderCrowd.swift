internal import Domain
internal import EventLoop

/// The users of a round who order, pay, cancel and abandon, whatever happens. Loop-confined.
final class OrderCrowd {
  let log = OrderLog()
  private let installation: Installation
  private let sales: [ChaosSale]
  private let clients: ClientGroup
  private let connections: ServiceConnections
  /// The wallets that orders are paid from.
  let desk: MoneyDesk
  private let habits: BuyerHabits
  /// Where coupons come from; of each sale one campaign.
  private let coupons: ClaimCrowd?
  private let loop: EventLoop
  private var numbers: SeededNumbers
  private var newcomers: [Int]
  private var tokens: [[String?]]
  private var agents: [Int: String] = [:]
  private var settling: [Task<Void, Never>] = []

  /// The longest pause of a client between two orders, in milliseconds.
  private static let longestPause = 12
  /// The share of orders by users who have ordered before.
  private static let repeatShare = 0.2
  /// The share of requests that are sent twice at once, with the same key.
  private static let twinShare = 0.1
  /// How often an order without an answer is asked for again at once.
  private static let retryShare = 0.3
  private static let retryPause = Duration.milliseconds(50)
  /// The share of settlements that are tried twice at once.
  private static let settlementTwinShare = 0.1
  /// Parts that an order is refunded in, at most.
  private static let maximumRefunds = 3
  /// A user settles an order within this share of its reservation's time: some come too late.
  private static let latestSettlement = 1.1
  /// How often a settlement without an answer is tried again while the round lasts.
  private static let attempts = 3

  /// - Parameters:
  ///   - coupons: those who claim from as many campaigns as there are sales, where coupons are used.
  ///   - prefix: begins the names of the round's users.
  init(
    _ installation: Installation, sales: [ChaosSale], coupons: ClaimCrowd? = nil,
    habits: BuyerHabits, prefix: String, numbers: SeededNumbers
  ) {
    self.installation = installation
    self.coupons = coupons
    self.habits = habits
    self.sales = sales
    self.numbers = numbers
    loop = installation.loop
    clients = ClientGroup(loop: loop)
    connections = ServiceConnections(installation)
    var numbers = numbers
    desk = MoneyDesk(
      installation, connections: connections, prefix: "\(prefix)m",
      numbers: SeededNumbers(seed: numbers.next()))
    newcomers = sales.map { _ in 0 }
    tokens = sales.map { Array(repeating: nil, count: $0.plan.users) }
  }

  // MARK: Ordering

  /// Starts the clients; they go on until ``end()``.
  func begin(clients count: Int) -> [Task<Void, Never>] {
    let hot = sales.indices.filter { sales[$0].plan.acknowledgement == .hot }
    let all = Array(sales.indices)
    return clients.begin(count) { [self] client in
      // While Postgres is away, who asks for the ledger's word waits; the others go on.
      var intent = nextIntent(among: client % 2 == 0 ? hot : all)
      if let coupons, numbers.chance(habits.withCoupon) {
        intent.coupon = await coupons.claim(from: intent.sale, user: intent.user)
      }
      await order(log.add(intent))
      if numbers.chance(habits.changes), let sale = sales.randomElement(using: &numbers) {
        await desk.change(of: sale.plan.tenant)
      }
      await loop.sleep(for: .milliseconds(Int.random(in: 0...Self.longestPause, using: &numbers)))
    }
  }

  /// Lets each client finish the order under way and then stop.
  func end() { clients.end() }

  func close() { connections.close() }

  private func nextIntent(among choice: [Int]) -> OrderIntent {
    let sale = choice.randomElement(using: &numbers) ?? 0
    let plan = sales[sale].plan
    let seen = newcomers[sale]
    let isNew = seen == 0 || (seen < plan.users && !numbers.chance(Self.repeatShare))
    if isNew { newcomers[sale] += 1 }
    var lines: [Int: Int] = [:]
    for _ in 0..<Int.random(in: 1...SalePlan.maximumLines, using: &numbers) {
      let sku = Int.random(in: plan.pieces.indices, using: &numbers)
      lines[sku] = Int.random(in: 1...SalePlan.maximumQuantity, using: &numbers)
    }
    return OrderIntent(
      sale: sale, user: isNew ? seen : Int.random(in: 0..<seen, using: &numbers),
      key: "key-\(UInt64.random(in: 0...UInt64.max, using: &numbers))", lines: lines,
      fate: nextFate())
  }

  private func nextFate() -> OrderIntent.Fate {
    let chance = Double.random(in: 0..<1, using: &numbers)
    if chance < habits.abandoned { return .abandon }
    if chance < habits.abandoned + habits.paid {
      guard numbers.chance(habits.refunded) else { return .settle([.payment]) }
      let refunds = (1...Int.random(in: 1...Self.maximumRefunds, using: &numbers)).map { number in
        OrderIntent.Settlement.refund(
          number: number,
          amount: numbers.chance(0.5) ? Int.random(in: 1...SalePlan.price, using: &numbers) : nil)
      }
      return .settle([.payment] + refunds)
    }
    if chance < habits.abandoned + habits.paid + habits.cancelled {
      return .settle([.cancellation])
    }
    return .settle([.payment, .cancellation])
  }

  /// Places an order, perhaps again when no answer comes, and sees to what is to become of it.
  private func order(_ intent: Int) async {
    let twin = numbers.chance(Self.twinShare) ? loop.spawn { [self] in await place(intent) } : nil
    defer { if let twin { settling.append(twin) } }
    while true {
      switch await place(intent) {
      case .unsent where !clients.isOver,
        .unknown where !clients.isOver && numbers.chance(Self.retryShare):
        await loop.sleep(for: Self.retryPause)
      case .reserved(let told): return settle(told.order, intent)
      default: return
      }
    }
  }

  @discardableResult
  private func place(_ number: Int) async -> LoggedOrder.Outcome {
    let intent = log.intents[number]
    let started = EventLoop.nanoseconds()
    let outcome = await connections.ask(
      process: anyProcess(),
      OrderJudgement.place(intent, in: sales[intent.sale], token: token(of: intent))
    ) { OrderJudgement.placed($0, intent) }
    log.add(LoggedOrder(intent: number, startedAt: started, outcome: outcome))
    return outcome
  }

  private func anyProcess() -> Int {
    Int.random(in: 0..<installation.apis.count, using: &numbers)
  }

  private func token(of intent: OrderIntent) -> String {
    if let token = tokens[intent.sale][intent.user] { return token }
    let sale = sales[intent.sale]
    let token = installation.token(user: sale.name(of: intent.user), of: sale.tenant)
    tokens[intent.sale][intent.user] = token
    return token
  }

  // MARK: Settling

  /// Has an order paid, cancelled or refunded after a while, as its user means to.
  private func settle(_ order: Identifier, _ intent: Int) {
    guard case .settle(let kinds) = log.intents[intent].fate else { return }
    let time = sales[log.intents[intent].sale].plan.reservation
    let pause = numbers.duration(in: .zero...(time * Self.latestSettlement))
    let works = kinds.map { LoggedSettlement.Work(intent: intent, order: order, kind: $0) }
    // What is refunded comes after its payment; all else at the same moment.
    let first = works.filter { !$0.kind.isRefund }
    let refunds = works.filter(\.kind.isRefund)
    for work in first {
      settling.append(
        loop.spawn { [self] in
          await loop.sleep(for: pause)
          guard await insist(on: work) == .done else { return }
          for refund in refunds {
            await loop.sleep(for: numbers.duration(in: .zero...time))
            await insist(on: refund)
          }
        })
    }
  }

  /// Tries a few times to have an answer, and sometimes twice at once.
  @discardableResult
  private func insist(on work: LoggedSettlement.Work) async -> LoggedSettlement.Outcome {
    let twin =
      numbers.chance(Self.settlementTwinShare)
      ? loop.spawn { [self] in await attempt(work) } : nil
    var outcome = await attempt(work)
    for _ in 1..<Self.attempts where !outcome.isFinal {
      await loop.sleep(for: Self.retryPause)
      outcome = await attempt(work)
    }
    _ = await twin?.value
    return outcome
  }

  @discardableResult
  private func attempt(_ work: LoggedSettlement.Work) async -> LoggedSettlement.Outcome {
    let intent = log.intents[work.intent]
    let sale = sales[intent.sale]
    var outcome = LoggedSettlement.Outcome.unknown
    if await isReady(for: work, sale, intent) {
      let request = OrderJudgement.settle(
        work, of: sale, token: work.kind.isRefund ? agent(of: sale) : token(of: intent))
      outcome = await connections.ask(process: anyProcess(), request) {
        OrderJudgement.settled($0, work.kind)
      }
    }
    log.add(LoggedSettlement(work: work, outcome: outcome))
    return outcome
  }

  /// Whoever pays has money.
  private func isReady(
    for work: LoggedSettlement.Work, _ sale: ChaosSale, _ intent: OrderIntent
  ) async -> Bool {
    guard work.kind == .payment else { return true }
    return await desk.fill(sale.name(of: intent.user), of: sale.plan.tenant)
  }

  /// Refunds are an operator's: the days of return do not bind one.
  private func agent(of sale: ChaosSale) -> String {
    if let token = agents[sale.plan.tenant] { return token }
    let token = installation.token(user: "agent", of: sale.tenant, role: .operationsManager)
    agents[sale.plan.tenant] = token
    return token
  }

  // MARK: Afterwards

  /// Waits for what users still mean to do.
  func finish() async {
    while let task = settling.popLast() { await task.value }
  }

  /// Asks again for every order that has no answer, until it has one or a moment has come.
  func resolveOrders(clients count: Int, until end: UInt64) async {
    while !log.unresolved.isEmpty, EventLoop.nanoseconds() < end {
      await clients.work(through: Array(log.unresolved), clients: count, until: end) {
        [self] intent in
        let outcome = await place(intent)
        if outcome == .unknown || outcome == .unsent { await loop.sleep(for: Self.retryPause) }
      }
    }
  }

  /// Tries again everything else that has no answer, until it has one or a moment has come.
  func resolveSettlements(clients count: Int, until end: UInt64) async {
    while !log.unsettled.isEmpty, EventLoop.nanoseconds() < end {
      await clients.work(through: Array(log.unsettled), clients: count, until: end) {
        [self] work in
        if !(await attempt(work)).isFinal { await loop.sleep(for: Self.retryPause) }
      }
    }
    await desk.resolve(clients: clients, count: count, until: end)
  }

  /// How much has no answer.
  var unanswered: Int { log.unresolved.count + log.unsettled.count + desk.log.unresolved.count }

  /// Asks again for orders that were granted, and for settlements that were done: the answers must be
  /// the same.
  func repeatSample(of count: Int, clients: Int) async {
    let granted = Array(Set(log.orders.filter { $0.told != nil }.map(\.intent))).sorted()
    let done = log.settlements.filter { $0.outcome == .done }.map(\.work)
    await self.clients.work(through: sample(of: count, from: granted), clients: clients) {
      [self] intent in await place(intent)
    }
    await self.clients.work(through: sample(of: count, from: done), clients: clients) {
      [self] work in await attempt(work)
    }
    await desk.repeatSample(of: count, clients: self.clients)
  }

  private func sample<Element>(of count: Int, from elements: [Element]) -> [Element] {
    (0..<min(count, elements.count)).compactMap { _ in elements.randomElement(using: &numbers) }
  }
}
