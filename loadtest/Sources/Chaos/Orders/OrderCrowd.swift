internal import Domain
internal import EventLoop

/// The users of a round who order, pay, cancel and abandon, whatever happens. Loop-confined.
final class OrderCrowd {
  let log = OrderLog()
  private let installation: Installation
  private let sales: [ChaosSale]
  private let clients: ClientGroup
  private let connections: ServiceConnections
  private let desk: PaymentDesk
  private let loop: EventLoop
  private var numbers: SeededNumbers
  private var newcomers: [Int]
  private var tokens: [[String?]]
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
  /// Of a hundred orders, those that are abandoned, paid and cancelled; the rest is paid and cancelled at
  /// the same time.
  private static let fates = (abandoned: 50, paid: 25, cancelled: 20)
  /// A user settles an order within this share of its reservation's time: some come too late.
  private static let latestSettlement = 1.1
  /// How often a settlement without an answer is tried again while the round lasts.
  private static let attempts = 3

  init(_ installation: Installation, sales: [ChaosSale], numbers: SeededNumbers) {
    self.installation = installation
    self.sales = sales
    self.numbers = numbers
    loop = installation.loop
    clients = ClientGroup(loop: loop)
    connections = ServiceConnections(installation)
    desk = PaymentDesk(installation)
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
      await order(log.add(nextIntent(among: client % 2 == 0 ? hot : all)))
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
    let fates = Self.fates
    switch Int.random(in: 0..<100, using: &numbers) {
    case ..<fates.abandoned: return .abandon
    case ..<(fates.abandoned + fates.paid): return .settle([.payment])
    case ..<(fates.abandoned + fates.paid + fates.cancelled): return .settle([.cancellation])
    default: return .settle([.payment, .cancellation])
    }
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

  /// Has an order paid or cancelled after a while, as its user means to.
  private func settle(_ order: Identifier, _ intent: Int) {
    guard case .settle(let kinds) = log.intents[intent].fate else { return }
    let time = sales[log.intents[intent].sale].plan.reservation
    let pause = numbers.duration(in: .zero...(time * Self.latestSettlement))
    for kind in kinds {
      let work = LoggedSettlement.Work(intent: intent, order: order, kind: kind)
      settling.append(
        loop.spawn { [self] in
          await loop.sleep(for: pause)
          for _ in 0..<Self.attempts where !(await attempt(work)).isFinal {
            await loop.sleep(for: Self.retryPause)
          }
        })
    }
  }

  @discardableResult
  private func attempt(
    _ work: LoggedSettlement.Work, hasArrived: Bool = false
  ) async -> LoggedSettlement.Outcome {
    let intent = log.intents[work.intent]
    let sale = sales[intent.sale]
    let outcome: LoggedSettlement.Outcome
    switch work.kind {
    case .payment: outcome = await desk.pay(work.order, of: sale, hasArrived: hasArrived)
    case .cancellation:
      outcome = await connections.ask(
        process: anyProcess(),
        OrderJudgement.cancel(work.order, of: sale, token: token(of: intent))
      ) { OrderJudgement.cancelled($0) }
    }
    log.add(LoggedSettlement(work: work, outcome: outcome))
    return outcome
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

  /// Tries again every settlement that has no answer, until it has one or a moment has come. The ledger
  /// has all facts by now.
  func resolveSettlements(clients count: Int, until end: UInt64) async {
    while !log.unsettled.isEmpty, EventLoop.nanoseconds() < end {
      await clients.work(through: Array(log.unsettled), clients: count, until: end) {
        [self] work in
        if !(await attempt(work, hasArrived: true)).isFinal {
          await loop.sleep(for: Self.retryPause)
        }
      }
    }
  }

  /// Asks again for orders that were granted, and for settlements that were done: the answers must be
  /// the same.
  func repeatSample(of count: Int, clients: Int) async {
    let granted = Array(Set(log.orders.filter { $0.told != nil }.map(\.intent))).sorted()
    let done = log.settlements.filter { $0.outcome == .done }.map(\.work)
    await self.clients.work(through: sample(of: count, from: granted), clients: clients) {
      [self] intent in await place(intent)
    }
    await self.clients.work(through: sample(of: count, from: done), clients: clients) {
      [self] work in await attempt(work, hasArrived: true)
    }
  }

  private func sample<Element>(of count: Int, from elements: [Element]) -> [Element] {
    (0..<min(count, elements.count)).compactMap { _ in elements.randomElement(using: &numbers) }
  }
}
